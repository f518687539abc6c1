/**
 * How often a phrase occurs in a document if words may be moved. Follows Lucene's `SloppyPhraseMatcher` (9.x), so that
 * the same matches are found: each counts 1 / (1 + distance), and of terms that repeat no two stand at one position.
 */

/** One place of a phrase in a document: where any of its terms stands, rising. */
export type PlacePositions = { positions: Uint32Array; count: number };

const { fround } = Math;

/** Counts a phrase; one for each phrase and part, used document by document. */
export class SloppyPhrase {
  readonly #slop: number;
  readonly #offsets: readonly number[];
  /** Places whose terms occur in others too, by connection; each list by rising offset. */
  readonly #groups: readonly (readonly number[])[];
  /** Group by place; -1 without repetitions. */
  readonly #groupOf: Int32Array;
  readonly #hasAlternatives: boolean;
  /** Position less the place in the phrase; equal for all places where the phrase stands exactly. */
  readonly #starts: Float64Array;
  readonly #next: Uint32Array;
  readonly #isQueued: Uint8Array;
  #places: readonly PlacePositions[] = [];
  #end = 0;

  /** @param terms By place: what may stand there. */
  constructor(offsets: readonly number[], terms: readonly (readonly string[])[], slop: number) {
    this.#slop = slop;
    this.#offsets = offsets;
    this.#groups = repetitionGroups(terms);
    this.#groupOf = new Int32Array(offsets.length).fill(-1);
    for (const [group, members] of this.#groups.entries()) for (const i of members) this.#groupOf[i] = group;
    this.#hasAlternatives = this.#groups.flat().some((i) => terms[i]!.length > 1);
    this.#starts = new Float64Array(offsets.length);
    this.#next = new Uint32Array(offsets.length);
    this.#isQueued = new Uint8Array(offsets.length);
  }

  /** The frequency, float32, of the phrase in a document that has a term for every place; 0 for none. */
  frequency(places: readonly PlacePositions[]): number {
    if (places.length === 2 && this.#groups.length === 0) return this.#ofTwo(places[0]!, places[1]!);
    this.#places = places;
    this.#next.fill(0);
    this.#end = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < places.length; i++) this.#step(i);
    if (this.#groups.length > 0 && !this.#spreadRepetitions()) return 0;
    this.#isQueued.fill(1);
    for (const start of this.#starts) this.#end = Math.max(this.#end, start);
    return this.#countMatches();
  }

  /** The same for two places without repetition: the lesser one moves on until it has passed the other. */
  #ofTwo(first: PlacePositions, second: PlacePositions): number {
    const gap = this.#offsets[1]! - this.#offsets[0]!;
    let [i, j, frequency] = [0, 0, 0];
    let [left, right] = [first.positions[0]! + gap, second.positions[0]!];
    for (;;) {
      const isLeft = left <= right;
      const other = isLeft ? right : left;
      let moving = isLeft ? left : right;
      let length = other - moving;
      for (;;) {
        const next = isLeft ? ++i : ++j;
        if (next >= (isLeft ? first.count : second.count)) return this.#counted(frequency, length);
        moving = isLeft ? first.positions[i]! + gap : second.positions[j]!;
        if (moving > other) break;
        length = Math.min(length, other - moving);
      }
      frequency = this.#counted(frequency, length);
      if (isLeft) left = moving;
      else right = moving;
    }
  }

  #countMatches(): number {
    const starts = this.#starts;
    let frequency = 0;
    let at = this.#take();
    let length = this.#end - starts[at]!;
    let next = this.#least();
    while (this.#advance(at) && this.#separate(at)) {
      if (starts[at]! > next) {
        this.#isQueued[at] = 1;
        frequency = this.#counted(frequency, length);
        at = this.#take();
        next = this.#least();
        length = this.#end - starts[at]!;
      } else length = Math.min(length, this.#end - starts[at]!);
    }
    return this.#counted(frequency, length);
  }

  #counted(frequency: number, length: number): number {
    return length > this.#slop ? frequency : fround(frequency + fround(1 / fround(1 + length)));
  }

  /** Takes the place that starts first out of the queue. */
  #take(): number {
    const place = this.#first();
    this.#isQueued[place] = 0;
    return place;
  }

  /** Where the first of the queue starts. */
  #least(): number {
    return this.#starts[this.#first()]!;
  }

  #first(): number {
    let first = -1;
    for (let i = 0; i < this.#starts.length; i++) {
      if (this.#isQueued[i] === 1 && (first < 0 || this.#starts[i]! < this.#starts[first]!)) first = i;
    }
    return first;
  }

  #step(place: number): boolean {
    const { positions, count } = this.#places[place]!;
    const next = this.#next[place]!;
    if (next >= count) return false;
    this.#next[place] = next + 1;
    this.#starts[place] = positions[next]! - this.#offsets[place]!;
    return true;
  }

  #advance(place: number): boolean {
    if (!this.#step(place)) return false;
    this.#end = Math.max(this.#end, this.#starts[place]!);
    return true;
  }

  /** After a place was advanced: moves on the lesser of two that stand on one position, until none do. */
  #separate(place: number): boolean {
    if (this.#groupOf[place]! < 0) return true;
    let moved = place;
    for (let other = this.#collision(moved); other >= 0; other = this.#collision(moved)) {
      moved = this.#lesser(moved, other);
      if (!this.#advance(moved)) return false;
    }
    return true;
  }

  /** At the start of a document: spreads the places of each group over different positions. */
  #spreadRepetitions(): boolean {
    for (const group of this.#groups) {
      const isSpread = this.#hasAlternatives ? this.#spreadAlternatives(group) : this.#spreadEqual(group);
      if (!isSpread) return false;
    }
    return true;
  }

  #spreadEqual(group: readonly number[]): boolean {
    for (let j = 1; j < group.length; j++) for (let k = 0; k < j; k++) if (!this.#step(group[j]!)) return false;
    return true;
  }

  #spreadAlternatives(group: readonly number[]): boolean {
    for (let i = 0; i < group.length; ) {
      let isSettled = true;
      for (let other = this.#collision(group[i]!); other >= 0; other = this.#collision(group[i]!)) {
        const moved = this.#lesser(group[i]!, other);
        if (!this.#advance(moved)) return false;
        if (group.indexOf(moved) < i) {
          isSettled = false;
          break;
        }
      }
      if (isSettled) i++;
    }
    return true;
  }

  /** Another place of the group that stands on the same position; -1 if there is none. */
  #collision(place: number): number {
    const position = this.#starts[place]! + this.#offsets[place]!;
    for (const other of this.#groups[this.#groupOf[place]!]!)
      if (other !== place && this.#starts[other]! + this.#offsets[other]! === position) return other;
    return -1;
  }

  #lesser(a: number, b: number): number {
    const difference = this.#starts[a]! - this.#starts[b]!;
    return difference < 0 || (difference === 0 && this.#offsets[a]! < this.#offsets[b]!) ? a : b;
  }
}

/** Places that share terms, directly or through others; rising. */
function repetitionGroups(terms: readonly (readonly string[])[]): number[][] {
  const groups: { readonly members: number[]; readonly terms: Set<string> }[] = [];
  for (const [i, list] of terms.entries()) {
    const joined = { members: [i], terms: new Set(list) };
    for (const group of groups.filter((other) => list.some((term) => other.terms.has(term)))) {
      joined.members.unshift(...group.members);
      for (const term of group.terms) joined.terms.add(term);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(joined);
  }
  return groups.filter(({ members }) => members.length > 1).map(({ members }) => members.toSorted((a, b) => a - b));
}
