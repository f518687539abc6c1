/**
 * Terms within a small edit distance of a word. The automaton is that of Schulz and Mihov, "Fast string correction with
 * Levenshtein automata" (2002), with its states made when they are first reached: after `n` characters of a term, what
 * counts is which places of the word near `n` can have been reached with how many edits, and that is a set of 25 bits.
 */
import { termBytes } from '../part/term-bytes.ts';
import { type Automaton, DEAD } from './automaton.ts';
import { codePoints } from './edit-distance.ts';

/** What counts as close. */
export type LevenshteinOptions = {
  readonly distance: 0 | 1 | 2;
  /** Characters (code points) at the start that must be as they are. Default 0. */
  readonly prefixLength?: number;
  /** Whether two neighbours that changed places count as one edit. Default true. */
  readonly transpositions?: boolean;
};

/**
 * The terms that at most `distance` edits turn into `term`, by code points. As in Lucene a prefix that takes in the
 * whole word leaves the word alone.
 */
export function levenshteinAutomaton(term: string, options: LevenshteinOptions): Automaton {
  return new LevenshteinAutomaton(term, options);
}

const UNKNOWN = -2;
/** Places are counted from `n - distance`, so that they take up to five bits for each number of edits. */
const PLACES = 5;
/** First bit of the places where the first of two exchanged characters has been read; one group for 1 and one for 2 edits. */
const SWAPS = 3 * PLACES;
const SETS = 2 ** 25;
/** States that there is room for at first. */
const FIRST_STATES = 64;

class LevenshteinAutomaton implements Automaton {
  readonly start: number;
  readonly #word: readonly number[];
  readonly #distance: number;
  readonly #prefixLength: number;
  readonly #transpositions: boolean;
  readonly #alphabet: Alphabet;
  /** Characters read so far × SETS + the set of places; states that stand inside a character have none (-1). */
  readonly #keys: number[] = [];
  readonly #numbers = new Map<number, number>();
  /** Of a state inside a character: the state before it, and where in the alphabet's trie its bytes have led. */
  readonly #origins: number[] = [];
  readonly #nodes: number[] = [];
  /** Bytes that the word does not have are of one class for each place in a character. */
  readonly #classes: Uint8Array;
  readonly #classCount: number;
  #steps: Int32Array;

  constructor(term: string, { distance, prefixLength = 0, transpositions = true }: LevenshteinOptions) {
    this.#word = codePoints(term);
    this.#prefixLength = Math.min(prefixLength, this.#word.length);
    this.#distance = prefixLength >= this.#word.length ? 0 : distance;
    this.#transpositions = transpositions;
    this.#alphabet = new Alphabet(this.#word);
    this.#classes = FOREIGN_CLASSES.slice();
    let classCount = FOREIGN_CLASS_COUNT;
    for (const byte of this.#alphabet.bytes) this.#classes[byte] = classCount++;
    this.#classCount = classCount;
    this.#steps = new Int32Array(FIRST_STATES * classCount).fill(UNKNOWN);
    this.start = this.#stateOf(0, 1 << this.#distance);
  }

  step(state: number, byte: number): number {
    const at = state * this.#classCount + this.#classes[byte]!;
    const known = this.#steps[at]!;
    if (known !== UNKNOWN) return known;
    const next = this.#makeStep(state, byte);
    this.#steps[at] = next;
    return next;
  }

  accepts(state: number): boolean {
    const key = this.#keys[state]!;
    if (key < 0) return false;
    const read = Math.floor(key / SETS);
    if (read < this.#prefixLength) return false;
    const set = key % SETS;
    for (let edits = 0; edits <= this.#distance; edits++) {
      for (let place = 0; place < PLACES; place++) {
        const at = read + place - this.#distance;
        if ((set >>> (edits * PLACES + place)) & 1 && this.#word.length - at <= this.#distance - edits) return true;
      }
    }
    return false;
  }

  acceptsAll(): boolean {
    return false;
  }

  #makeStep(state: number, byte: number): number {
    const isInside = this.#keys[state]! < 0;
    const node = this.#alphabet.next(isInside ? this.#nodes[state]! : 0, byte);
    const origin = isInside ? this.#origins[state]! : state;
    if (!this.#alphabet.isWhole(node)) return this.#insideOf(origin, node);
    return this.#read(this.#keys[origin]!, this.#alphabet.character(node));
  }

  /** The state inside a character; nothing is shared, since few are ever made. */
  #insideOf(origin: number, node: number): number {
    const state = this.#addState(-1);
    this.#origins[state] = origin;
    this.#nodes[state] = node;
    return state;
  }

  #stateOf(read: number, set: number): number {
    if (set === 0) return DEAD;
    const key = read * SETS + set;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const state = this.#addState(key);
    this.#numbers.set(key, state);
    return state;
  }

  #addState(key: number): number {
    const state = this.#keys.push(key) - 1;
    if (this.#keys.length * this.#classCount > this.#steps.length) {
      const steps = new Int32Array(this.#steps.length * 2).fill(UNKNOWN);
      steps.set(this.#steps);
      this.#steps = steps;
    }
    return state;
  }

  /** Reads one character; -1 is any that the word does not have. */
  #read(key: number, character: number): number {
    const read = Math.floor(key / SETS);
    if (read < this.#prefixLength)
      return this.#word[read] === character ? this.#stateOf(read + 1, 1 << this.#distance) : DEAD;
    return this.#stateOf(read + 1, this.#nextSet(read, key % SETS, character));
  }

  #nextSet(read: number, set: number, character: number): number {
    const word = this.#word;
    const distance = this.#distance;
    const first = read - distance;
    let next = 0;
    for (let edits = 0; edits <= distance; edits++) {
      for (let place = 0; place <= 2 * distance; place++) {
        if ((set >>> (edits * PLACES + place)) & 1) next |= this.#nextOfPlace(first + place, edits, place, character);
        const isSwapped = edits > 0 && (set >>> (SWAPS + (edits - 1) * PLACES + place)) & 1;
        if (isSwapped && word[first + place] === character) next |= 1 << (edits * PLACES + place + 1);
      }
    }
    return withoutImplied(next, distance);
  }

  /** Where a place in the word can lead. One more character was read, so what stays at its place moves down by one bit. */
  #nextOfPlace(at: number, edits: number, place: number, character: number): number {
    const word = this.#word;
    const distance = this.#distance;
    let next = 0;
    for (let left = 0; edits + left <= distance && at + left < word.length; left++)
      if (word[at + left] === character) next |= 1 << ((edits + left) * PLACES + place + left);
    if (edits === distance) return next;
    if (place > 0) next |= 1 << ((edits + 1) * PLACES + place - 1);
    if (at < word.length) next |= 1 << ((edits + 1) * PLACES + place);
    const startsSwap = this.#transpositions && place > 0 && at + 1 < word.length && word[at + 1] === character;
    return startsSwap ? next | (1 << (SWAPS + edits * PLACES + place - 1)) : next;
  }
}

/** Leaves out places that a nearby one with fewer edits implies. */
function withoutImplied(set: number, distance: number): number {
  let kept = set;
  for (let edits = 0; edits < distance; edits++) {
    for (let place = 0; place <= 2 * distance; place++) {
      if (((kept >>> (edits * PLACES + place)) & 1) === 0) continue;
      for (let more = 1; edits + more <= distance; more++)
        for (let other = Math.max(0, place - more); other <= Math.min(PLACES - 1, place + more); other++)
          kept &= ~(1 << ((edits + more) * PLACES + other));
    }
  }
  return kept;
}

/** Node numbers of an alphabet below this one are of its trie; above, that many bytes of a foreign character are to come. */
const FOREIGN = 1 << 20;
const WHOLE_FOREIGN = FOREIGN;

/** Classes of bytes: of ASCII, those that go on with a character, and those that begin one of two, three or four bytes. */
const FOREIGN_CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x80) return 0;
  return byte < 0xc0 ? 1 : 1 + bytesAfter(byte);
});
const FOREIGN_CLASS_COUNT = 5;

/** The characters of a word as a trie of bytes; node 0 is the root. */
class Alphabet {
  /** Every byte of the word. */
  readonly bytes = new Set<number>();
  readonly #children = new Map<number, number>();
  readonly #characters: number[] = [-1];
  readonly #pending: number[] = [0];

  constructor(word: readonly number[]) {
    for (const character of word) this.#add(character);
  }

  /** Where one more byte leads. */
  next(node: number, byte: number): number {
    if (node >= FOREIGN) return node - 1;
    const child = this.#children.get(node * 256 + byte);
    if (child !== undefined) return child;
    return FOREIGN + (node === 0 ? bytesAfter(byte) : this.#pending[node]! - 1);
  }

  /** Whether a node ends a character. */
  isWhole(node: number): boolean {
    return node === WHOLE_FOREIGN || (node < FOREIGN && this.#pending[node] === 0);
  }

  /** The character of a whole node; -1 if the word does not have it. */
  character(node: number): number {
    return node === WHOLE_FOREIGN ? -1 : this.#characters[node]!;
  }

  #add(character: number): void {
    const bytes = termBytes(String.fromCodePoint(character));
    let node = 0;
    for (let i = 0; i < bytes.length; i++) {
      this.bytes.add(bytes[i]!);
      const key = node * 256 + bytes[i]!;
      let child = this.#children.get(key);
      if (child === undefined) {
        child = this.#pending.push(bytes.length - 1 - i) - 1;
        this.#characters.push(i === bytes.length - 1 ? character : -1);
        this.#children.set(key, child);
      }
      node = child;
    }
  }
}

/** Bytes that follow the first one of a character. */
function bytesAfter(first: number): number {
  if (first < 0xc0) return 0;
  if (first < 0xe0) return 1;
  return first < 0xf0 ? 2 : 3;
}
