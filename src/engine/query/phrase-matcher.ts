/** Phrases: documents in which terms stand in order, found by positions among those that have all terms. */
import { type InvertedField, NO_MORE, type Postings, WINDOW } from '../part/index-part.ts';
import { termScore } from '../score/bm25.ts';
import { type Matcher, NO_SCORES } from './matcher.ts';
import type { TermScoring } from './postings-matcher.ts';
import { type PlacePositions, SloppyPhrase } from './sloppy-phrase.ts';
import { intersect, isSet, lowestBit, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** A phrase in a part. */
export type PartPhrase = {
  readonly inverted: InvertedField;
  /** Places, rising from 0, the terms that may stand there, and numbers of those in the part; at least one each. */
  readonly places: readonly {
    readonly place: number;
    readonly terms: readonly string[];
    readonly numbers: readonly number[];
  }[];
  readonly slop: number;
  readonly scoring: TermScoring | undefined;
};

/** Matches documents with a phrase; scores it as one term with the phrase's frequency. */
export class PhraseMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #scoring: TermScoring | undefined;
  readonly #places: readonly PlaceCursor[];
  /** Those with the fewest postings first. */
  readonly #byCost: readonly PlaceCursor[];
  readonly #offsets: readonly number[];
  readonly #sloppy: SloppyPhrase | undefined;
  /** The cursors of a phrase of two terms. */
  readonly #pair: readonly [TermCursor, TermCursor] | undefined;
  readonly #wanted: Uint32Array;
  #floor = Number.NEGATIVE_INFINITY;

  constructor({ inverted, places, slop, scoring }: PartPhrase, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.scores = scoring === undefined ? NO_SCORES : buffers.scores();
    this.#scoring = scoring;
    this.#places = places.map(({ numbers }) => new PlaceCursor(inverted, numbers, buffers));
    this.#byCost = this.#places.toSorted((a, b) => a.cost - b.cost);
    this.#offsets = places.map(({ place }) => place);
    const terms = places.map((place) => place.terms);
    this.#sloppy = slop > 0 ? new SloppyPhrase(this.#offsets, terms, slop) : undefined;
    this.cost = this.#byCost[0]!.cost;
    const [first, second] = this.#places.map((place) => place.only);
    this.#pair = places.length === 2 && first !== undefined && second !== undefined ? [first, second] : undefined;
    this.#wanted = buffers.bits();
  }

  raise(floor: number): void {
    this.#floor = floor;
  }

  seek(from: number): number {
    let [at, before] = [from, -1];
    while (at < NO_MORE && Math.floor(before / WINDOW) !== Math.floor(at / WINDOW)) {
      before = at;
      for (const place of this.#byCost) at = Math.max(at, place.seek(at));
    }
    return at;
  }

  fill(base: number, wanted?: Uint32Array): void {
    const bits = this.bits;
    if (wanted === undefined) bits.fill(0xffffffff);
    else bits.set(wanted);
    if (this.#pair !== undefined) {
      this.#fillPair(base, this.#pair);
      return;
    }
    for (const place of this.#byCost) {
      place.fill(base);
      if (!intersect(bits, place.bits)) return;
    }
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        const bit = lowestBit(word);
        if (!this.#check(base, i * 32 + bit)) bits[i]! &= ~(1 << bit);
      }
    }
  }

  /** Two terms: their documents are merged, without bits for each. */
  #fillPair(base: number, [first, second]: readonly [TermCursor, TermCursor]): void {
    const bits = this.bits;
    const wanted = this.#wanted;
    wanted.set(bits);
    bits.fill(0);
    const [leftCount, rightCount] = [first.read(base), second.read(base)];
    const [left, right] = [first.ordinals, second.ordinals];
    let [i, j] = [0, 0];
    while (i < leftCount && j < rightCount) {
      const difference = left[i]! - right[j]!;
      if (difference < 0) i++;
      else if (difference > 0) j++;
      else {
        const place = left[i]! - base;
        first.index = i++;
        second.index = j++;
        if (!isSet(wanted, place)) continue;
        const [x, y] = [first.frequencies[first.index]!, second.frequencies[second.index]!];
        if (this.#score(base + place, place, { rarest: Math.min(x, y), positions: x + y }))
          bits[place >>> 5]! |= 1 << (place & 31);
      }
    }
  }

  /** Looks into a document that has all terms; tells whether it has the phrase and may score enough. */
  #check(base: number, place: number): boolean {
    let rarest = Number.POSITIVE_INFINITY;
    let positions = 0;
    for (const each of this.#places) {
      const frequency = each.find(base + place);
      if (frequency < rarest) rarest = frequency;
      positions += frequency;
    }
    return this.#score(base + place, place, { rarest, positions });
  }

  #score(
    ordinal: number,
    place: number,
    { rarest, positions }: { readonly rarest: number; readonly positions: number },
  ): boolean {
    const scoring = this.#scoring;
    if (scoring !== undefined && this.#floor > 0) {
      const most = this.#sloppy === undefined ? rarest : mostSloppy(rarest, positions - this.#places.length + 1);
      if (scoreOf(scoring, ordinal, most) <= this.#floor) return false;
    }
    for (const each of this.#places) each.load();
    const frequency =
      this.#sloppy === undefined ? exactFrequency(this.#places, this.#offsets) : this.#sloppy.frequency(this.#places);
    if (frequency > 0 && scoring !== undefined) this.scores[place] = scoreOf(scoring, ordinal, frequency);
    return frequency > 0;
  }
}

/**
 * Bounds the frequency of a phrase whose words may be moved: it is found once, and once more for each step from a
 * position to the next. Exactly it stands no more often than its rarest word; all else counts half at most.
 */
function mostSloppy(rarest: number, found: number): number {
  return found <= rarest ? found : rarest + (found - rarest) / 2;
}

function scoreOf({ weight, norms, factors }: TermScoring, ordinal: number, frequency: number): number {
  return termScore(weight, frequency, factors[norms === undefined ? 1 : norms[ordinal]!]!);
}

/** Times that all places stand in order, one right after the other. */
function exactFrequency(places: readonly PlaceCursor[], offsets: readonly number[]): number {
  const first = places[0]!;
  let frequency = 0;
  for (let i = 0; i < first.count; i++) {
    const start = first.positions[i]!;
    let other = 1;
    for (; other < places.length; other++) {
      const place = places[other]!;
      const target = start + offsets[other]!;
      while (place.at < place.count && place.positions[place.at]! < target) place.at++;
      if (place.at === place.count) return frequency;
      if (place.positions[place.at] !== target) break;
    }
    if (other === places.length) frequency++;
  }
  return frequency;
}

/** The documents and positions of one place: those of its terms together. */
class PlaceCursor implements PlacePositions {
  readonly bits: Uint32Array;
  readonly cost: number;
  positions: Uint32Array = new Uint32Array(64);
  count = 0;
  /** For `exactFrequency`: how far it has come. */
  at = 0;
  readonly #terms: readonly TermCursor[];

  constructor(inverted: InvertedField, numbers: readonly number[], buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.#terms = numbers.map((number) => new TermCursor(inverted.postings(number), buffers));
    this.cost = this.#terms.reduce((sum, { postings }) => sum + postings.docFrequency, 0);
  }

  /** The cursor of a place with one term. */
  get only(): TermCursor | undefined {
    return this.#terms.length === 1 ? this.#terms[0] : undefined;
  }

  seek(from: number): number {
    let least = NO_MORE;
    for (const term of this.#terms) least = Math.min(least, term.postings.seek(from));
    return least;
  }

  fill(base: number): void {
    this.bits.fill(0);
    for (const term of this.#terms) term.mark(base, this.bits);
  }

  /** Moves to a document of the window that some term of the place occurs in; gives how often they do. */
  find(ordinal: number): number {
    let frequency = 0;
    for (const term of this.#terms) frequency += term.find(ordinal);
    return frequency;
  }

  /** Reads the positions in the document. */
  load(): void {
    this.at = 0;
    this.count = 0;
    for (const term of this.#terms) if (term.index >= 0) this.#add(term);
    if (this.#terms.length > 1) this.#sort();
  }

  #add({ frequencies, postings, index }: TermCursor): void {
    const frequency = frequencies[index]!;
    const room = this.count + frequency;
    if (room > this.positions.length) {
      const grown = new Uint32Array(room * 2);
      grown.set(this.positions);
      this.positions = grown;
    }
    postings.positions(index, this.count === 0 ? this.positions : this.positions.subarray(this.count));
    this.count = room;
  }

  /** Puts the positions of several terms in order, each once. */
  #sort(): void {
    const { positions } = this;
    positions.subarray(0, this.count).sort();
    let kept = 0;
    for (let i = 0; i < this.count; i++)
      if (kept === 0 || positions[i] !== positions[kept - 1]) positions[kept++] = positions[i]!;
    this.count = kept;
  }
}

/** The postings of one term in a window. */
class TermCursor {
  readonly postings: Postings;
  readonly frequencies: Uint32Array;
  readonly ordinals: Uint32Array;
  /** Of the document that `find` moved to; -1 without the term. */
  index = -1;
  #count = 0;
  #at = 0;

  constructor(postings: Postings, buffers: WindowBuffers) {
    this.postings = postings;
    this.frequencies = buffers.numbers();
    this.ordinals = buffers.numbers();
  }

  /** Reads the documents of the window; gives their number. */
  read(base: number): number {
    this.#at = 0;
    const isThere = this.postings.seek(base) < base + WINDOW;
    this.#count = isThere ? this.postings.read(base + WINDOW, this.ordinals, this.frequencies) : 0;
    return this.#count;
  }

  /** Reads the documents of the window and sets their bits. */
  mark(base: number, bits: Uint32Array): void {
    const count = this.read(base);
    for (let i = 0; i < count; i++) {
      const place = this.ordinals[i]! - base;
      bits[place >>> 5]! |= 1 << (place & 31);
    }
  }

  /** Moves to a document of the window, above those before; gives how often the term occurs there. */
  find(ordinal: number): number {
    const { ordinals } = this;
    while (this.#at < this.#count && ordinals[this.#at]! < ordinal) this.#at++;
    this.index = this.#at < this.#count && ordinals[this.#at] === ordinal ? this.#at : -1;
    return this.index < 0 ? 0 : this.frequencies[this.index]!;
  }
}
