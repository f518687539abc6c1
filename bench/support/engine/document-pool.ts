/** The documents of a corpus outside of the heap, where the collector does not look at them. */
import type { CorpusDocument } from './protocol.ts';

/** Documents as JSON, in one buffer. */
export class DocumentPool {
  readonly #bytes: Buffer;
  readonly #ends: number[] = [0];

  constructor(lines: Iterable<string>) {
    const texts: Buffer[] = [];
    for (const line of lines) texts.push(Buffer.from(line));
    this.#bytes = Buffer.concat(texts);
    for (const { length } of texts) this.#ends.push(this.#ends.at(-1)! + length);
  }

  get count(): number {
    return this.#ends.length - 1;
  }

  /** A fresh copy of a document. */
  at(index: number): CorpusDocument {
    return JSON.parse(this.#bytes.toString('utf8', this.#ends[index], this.#ends[index + 1]));
  }
}
