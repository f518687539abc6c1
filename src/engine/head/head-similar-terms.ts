/** Finds misspelt words among the terms of a field of the head: by their signatures, which are made when first needed. */
import { type CloseWord, FAR } from '../automata/close-word.ts';
import { scanSignatures, termSignature } from '../part/term-signature.ts';
import { grownUint32 } from './growable.ts';
import type { TermTable } from './term-table.ts';

/** Looks for terms of a table that are close to a word. */
export class HeadSimilarTerms {
  readonly #terms: TermTable;
  /** By term, for the first `#count` terms. */
  #signatures: Uint32Array = new Uint32Array(0);
  #count = 0;

  constructor(terms: TermTable) {
    this.#terms = terms;
  }

  get sizeBytes(): number {
    return this.#signatures.byteLength;
  }

  /** Calls `visit` with each term that is close to a word, and the edits between them. */
  find(word: CloseWord, visit: (term: number, edits: number) => void): void {
    this.#extend();
    const terms = this.#terms;
    const { signature, distance } = word;
    const signatures = this.#signatures;
    const range = { signatures, from: 0, to: this.#count, signature, mostLost: distance, mostGained: distance };
    for (const term of scanSignatures(range)) {
      const edits = word.editsTo(terms.bytes, terms.from(term), terms.to(term));
      if (edits !== FAR) visit(term, edits);
    }
  }

  #extend(): void {
    const terms = this.#terms;
    this.#signatures = grownUint32(this.#signatures, terms.count);
    for (; this.#count < terms.count; this.#count++)
      this.#signatures[this.#count] = termSignature(terms.bytes, terms.from(this.#count), terms.to(this.#count));
  }
}
