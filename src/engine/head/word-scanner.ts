/**
 * Cuts a text into the words of the standard tokenizer and finds their numbers in one go: plain ASCII words go from the
 * text into the table of terms without a string in between, lower-cased and hashed on the way. The tokenizer itself cuts
 * whatever is less plain.
 */
import { MAX_TOKEN_LENGTH, Tokenizer } from '../analysis/tokenizer.ts';
import { finishHash, HASH_START, hashByte } from '../part/term-bytes.ts';
import type { TermTable } from './term-table.ts';

/** What an ASCII character is; above these, the character of a word in lower case. */
const [SEPARATOR, JOINER, CONNECTOR, OTHER] = [0, 1, 2, 3];
/** What may join letters or digits on both sides of it. */
const JOINERS = '\'.:,;"';
const MAX_WORD = MAX_TOKEN_LENGTH;
/** Stands for every character that is not ASCII. */
const NOT_ASCII = 128;

const KINDS = Uint8Array.from({ length: 256 }, (_, code) => (code < 128 ? kindOf(String.fromCharCode(code)) : OTHER));

/** Bytes of UTF-8 per UTF-16 unit, at most. */
const UTF8_ROOM = 3;

/** The UTF-16 units of the text at hand as bytes: faster to walk over than a string. All scanners share it. */
let units = Buffer.alloc(1 << 14);

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

  /** Starts over with another text. No other scanner may be used before its end. */
  reset(text: string): this {
    this.#text = text;
    this.#end = 0;
    const { length } = text;
    if (units.length < length * UTF8_ROOM) units = Buffer.alloc(length * UTF8_ROOM * 2);
    if (units.write(text) === length) return this;
    for (let i = 0; i < length; i++) units[i] = Math.min(text.charCodeAt(i), NOT_ASCII);
    return this;
  }

  /** Number of the next word in lower case; -1 at the end of the text. */
  next(): number {
    const source = units;
    const { length } = this.#text;
    let at = this.#end;
    let kind = SEPARATOR;
    for (; at < length; at++) {
      kind = KINDS[source[at]!]!;
      if (kind > JOINER) break;
    }
    if (at === length) return this.#close();
    const start = at;
    // The tokenizer cuts longer words; to look for their end at each cut would take their length squared.
    const limit = Math.min(length, start + MAX_WORD + 1);
    const bytes = this.#terms.candidate(MAX_WORD + 1);
    let hash = HASH_START;
    while (kind > OTHER) {
      bytes[at - start] = kind;
      hash = hashByte(hash, kind);
      if (++at === limit) break;
      kind = KINDS[source[at]!]!;
    }
    const isPlain = at === length || kind === SEPARATOR || (kind === JOINER && !this.#goesOn(at + 1));
    if (!isPlain || at - start > MAX_WORD) return this.#nextToken(start);
    this.#start = start;
    this.#end = at;
    return this.#terms.internCandidate(finishHash(hash), at - start);
  }

  /** Whether a word may go on at `at`, behind what may join. */
  #goesOn(at: number): boolean {
    return at < this.#text.length && KINDS[units[at]!]! > JOINER;
  }

  /** Leaves the next word, which begins at `from` or later, to the tokenizer. */
  #nextToken(from: number): number {
    const tokenizer = this.#tokenizer.reset(this.#text, from);
    if (!tokenizer.next()) return this.#close();
    this.#start = tokenizer.start;
    this.#end = tokenizer.end;
    return this.#terms.intern(tokenizer.term());
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
