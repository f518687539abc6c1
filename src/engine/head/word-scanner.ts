/**
 * Cuts a text into the words of the standard tokenizer and finds their numbers: plain ASCII words go from the text into
 * the table of terms without a string in between, lower-cased and hashed on the way. The tokenizer itself cuts whatever is
 * less plain. Words are looked up many at a time, so that the processor waits for many of them at once.
 */
import { MAX_TOKEN_LENGTH, Tokenizer } from '../analysis/tokenizer.ts';
import { HASH_START, hashByte } from '../part/term-bytes.ts';
import { BATCH, hashOf, NO_HEAD, type TermTable, WordBatch } from './term-table.ts';

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

/** Separators behind a text, so that a word ends where it does. */
const END = 2;
const SEPARATOR_UNIT = 32;

/**
 * The UTF-16 units of the text at hand as bytes: faster to walk over than a string. Plain words become lower case in it as
 * they are passed. All scanners share it, and the batch.
 */
let units = Buffer.alloc(1 << 14);
const batch = new WordBatch();

/** Walks over the words of one text. */
export class WordScanner {
  readonly #tokenizer = new Tokenizer();
  readonly #terms: TermTable;
  #text = '';
  #at = 0;

  /** First UTF-16 unit of each word that `next` found, and one past the last; longer than there are words. */
  readonly starts: Uint32Array = batch.starts;
  readonly ends: Uint32Array = batch.ends;
  /** Their numbers, in lower case. */
  readonly numbers: Int32Array = batch.numbers;

  /** @param terms Where words are interned. */
  constructor(terms: TermTable) {
    this.#terms = terms;
  }

  /** Starts over with another text. No other scanner may be used before its end. */
  reset(text: string): this {
    this.#text = text;
    this.#at = 0;
    const { length } = text;
    if (units.length < length * UTF8_ROOM + END) units = Buffer.alloc(length * UTF8_ROOM * 2 + END);
    if (units.write(text) !== length) {
      for (let i = 0; i < length; i++) units[i] = Math.min(text.charCodeAt(i), NOT_ASCII);
    }
    units.fill(SEPARATOR_UNIT, length, length + END);
    return this;
  }

  /** Finds the next words, up to `BATCH`. Returns how many; 0 at the end of the text. */
  next(): number {
    const { length } = this.#text;
    let count = 0;
    let at = this.#at;
    while (count < BATCH && at < length) {
      at = KINDS[units[at]!]! > JOINER ? this.#word(at, count++) : at + 1;
      if (at > length) count--;
    }
    this.#at = at;
    this.#terms.internBatch(batch, units, count);
    batch.texts.length = 0;
    if (count === 0) this.#close();
    return count;
  }

  /** Reads the word that begins at `start`, as number `index` of the batch. Returns where it ends. */
  #word(start: number, index: number): number {
    const source = units;
    let at = start;
    let kind = KINDS[source[at]!]!;
    // The first bytes are gathered in numbers: the table looks for those first, and for most words for nothing else.
    let head = 0;
    for (let shift = 0; shift < 32 && kind > OTHER; shift += 8) {
      head |= kind << shift;
      kind = KINDS[source[++at]!]!;
    }
    let next = 0;
    for (let shift = 0; shift < 32 && kind > OTHER; shift += 8) {
      next |= kind << shift;
      kind = KINDS[source[++at]!]!;
    }
    let third = 0;
    for (let shift = 0; shift < 32 && kind > OTHER; shift += 8) {
      third |= kind << shift;
      kind = KINDS[source[++at]!]!;
    }
    let tail = HASH_START;
    // The tokenizer cuts longer words; to look for their end at each cut would take their length squared.
    for (const limit = start + MAX_WORD + 1; kind > OTHER && at < limit; kind = KINDS[source[++at]!]!) {
      source[at] = kind;
      tail = hashByte(tail, kind);
    }
    const isPlain = kind === SEPARATOR || (kind === JOINER && KINDS[source[at + 1]!]! <= JOINER);
    if (!isPlain || at - start > MAX_WORD) return this.#token(start, index);
    batch.starts[index] = start;
    batch.ends[index] = at;
    batch.heads[index] = head;
    batch.nexts[index] = next;
    batch.thirds[index] = third;
    batch.hashes[index] = hashOf(head, next, third, tail);
    return at;
  }

  /** Leaves the next word, which begins at `from` or later, to the tokenizer. Returns more than the length without one. */
  #token(from: number, index: number): number {
    const tokenizer = this.#tokenizer.reset(this.#text, from);
    if (!tokenizer.next()) return this.#text.length + 1;
    batch.starts[index] = tokenizer.start;
    batch.ends[index] = tokenizer.end;
    batch.heads[index] = NO_HEAD;
    batch.numbers[index] = batch.texts.push(tokenizer.term()) - 1;
    return tokenizer.end;
  }

  #close(): void {
    this.#text = '';
    this.#at = 0;
    this.#tokenizer.reset('');
  }
}

function kindOf(character: string): number {
  if (/[a-z0-9]/i.test(character)) return character.toLowerCase().charCodeAt(0);
  if (character === '_') return CONNECTOR;
  return JOINERS.includes(character) ? JOINER : SEPARATOR;
}
