/** Finds misspelt words among the terms of a field of the head: by their signatures, which are made when first needed. */
import { type CloseWord, FAR } from '../automata/close-word.ts';
import { characterCount, isAlike, termSignature } from '../part/term-signature.ts';
import { grownUint8, grownUint32 } from './growable.ts';
import type { TermTable } from './term-table.ts';

/** Stands for as many characters or more. */
const MAX_LENGTH = 255;

/** Looks for terms of a table that are close to a word. */
export class HeadSimilarTerms {
  readonly #terms: TermTable;
  /** By term, for the first `#count` terms. */
  #signatures: Uint32Array = new Uint32Array(0);
  #lengths: Uint8Array = new Uint8Array(0);
  #count = 0;

  constructor(terms: TermTable) {
    this.#terms = terms;
  }

  get sizeBytes(): number {
    return this.#signatures.byteLength + this.#lengths.byteLength;
  }

  /** Calls `visit` with each term that is close to a word, and the edits between them. */
  find(word: CloseWord, visit: (term: number, edits: number) => void): void {
    this.#extend();
    const terms = this.#terms;
    const [signatures, lengths] = [this.#signatures, this.#lengths];
    const { signature, distance } = word;
    const least = Math.min(word.length - distance, MAX_LENGTH);
    const greatest = word.length + distance >= MAX_LENGTH ? MAX_LENGTH : word.length + distance;
    for (let term = 0; term < this.#count; term++) {
      const length = lengths[term]!;
      if (length < least || length > greatest || !isAlike(signature, signatures[term]!, distance)) continue;
      const edits = word.editsTo(terms.bytes, terms.from(term), terms.to(term));
      if (edits !== FAR) visit(term, edits);
    }
  }

  #extend(): void {
    const terms = this.#terms;
    this.#signatures = grownUint32(this.#signatures, terms.count);
    this.#lengths = grownUint8(this.#lengths, terms.count);
    for (; this.#count < terms.count; this.#count++) {
      const [from, to] = [terms.from(this.#count), terms.to(this.#count)];
      this.#signatures[this.#count] = termSignature(terms.bytes, from, to);
      this.#lengths[this.#count] = Math.min(characterCount(terms.bytes, from, to), MAX_LENGTH);
    }
  }
}
