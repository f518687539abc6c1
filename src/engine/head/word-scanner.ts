/**
 * Cuts a text into the words of the standard tokenizer and finds their numbers in one go: plain ASCII words go from the
 * text into the table of terms without a string in between, lower-cased and hashed on the way. The tokenizer itself cuts
 * whatever is less plain.
 */
import { Tokenizer } from '../analysis/tokenizer.ts';
import { finishHash, HASH_START, hashByte } from '../part/term-bytes.ts';
import type { TermTable } from './term-table.ts';

/** Above these, a kind is the character of a word in lower case. */
const [SEPARATOR, JOINER, CONNECTOR] = [0, 1, 2];
/** What may join letters or digits on both sides of it. */
const JOINERS = '\'.:,;"';
const MAX_WORD = 255;

const KINDS = Uint8Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));

/** Walks over the words of one text. */
export class WordScanner {
  readonly #tokenizer = new Tokenizer();
  #text = '';
  #terms: TermTable;
  #start = 0;
  #end = 0;

  /** @param terms Where words are interned. */
  constructor(terms: TermTable) {
    this.#terms = terms;
  }

  /** First UTF-16 unit of the current word. */
  get start(): number {
    return this.#start;
  }

  /** One past the last UTF-16 unit of the current word. */
  get end(): number {
    return this.#end;
  }

  /** Starts over with another text. */
  reset(text: string): this {
    this.#text = text;
    this.#end = 0;
    this.#terms.reserve(text.length);
    return this;
  }

  /** Number of the next word in lower case; -1 at the end of the text. */
  next(): number {
    const text = this.#text;
    const { length } = text;
    let at = this.#end;
    let kind = 0;
    for (; at < length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 127) return this.#nextToken(at);
      kind = KINDS[unit]!;
      if (kind > JOINER) break;
    }
    if (at === length) return this.#close();
    const start = at;
    const { bytes } = this.#terms;
    let to = this.#terms.end;
    let hash = HASH_START;
    while (kind > CONNECTOR) {
      bytes[to++] = kind;
      hash = hashByte(hash, kind);
      if (++at === length) break;
      const unit = text.charCodeAt(at);
      if (unit > 127) return this.#nextToken(start);
      kind = KINDS[unit]!;
    }
    if (at < length && kind !== SEPARATOR && this.#mayGoOn(kind, at + 1)) return this.#nextToken(start);
    if (at - start > MAX_WORD) return this.#nextToken(start);
    this.#start = start;
    this.#end = at;
    return this.#terms.internBytes(finishHash(hash), to);
  }

  /** Whether a word may go on behind a character that is neither letter nor digit. */
  #mayGoOn(kind: number, next: number): boolean {
    if (kind === CONNECTOR) return true;
    if (next >= this.#text.length) return false;
    const unit = this.#text.charCodeAt(next);
    return unit > 127 || KINDS[unit]! > JOINER;
  }

  /** Leaves the next word, which begins at `from` or later, to the tokenizer. */
  #nextToken(from: number): number {
    const tokenizer = this.#tokenizer.reset(this.#text, from);
    if (!tokenizer.next()) return this.#close();
    this.#start = tokenizer.start;
    this.#end = tokenizer.end;
    const number = this.#terms.intern(tokenizer.term());
    this.#terms.reserve(this.#text.length - this.#end);
    return number;
  }

  #close(): number {
    this.#text = '';
    this.#end = 0;
    this.#tokenizer.reset('');
    return -1;
  }
}

function kindOf(character: string): number {
  if (/[a-z0-9]/i.test(character)) return character.toLowerCase().charCodeAt(0);
  if (character === '_') return CONNECTOR;
  return JOINERS.includes(character) ? JOINER : SEPARATOR;
}
