/** Terms between two bounds, by their bytes, which is the order of code points. */
import { termBytes } from '../part/term-bytes.ts';
import { type Automaton, DEAD } from './automaton.ts';

/** Bounds of terms; at most one of `gte` and `gt`, and of `lte` and `lt`. */
export type TermBounds = { readonly gte?: string; readonly gt?: string; readonly lte?: string; readonly lt?: string };

/** The terms within bounds; a side without a bound is open. */
export function rangeAutomaton(bounds: TermBounds): Automaton {
  return new RangeAutomaton(bounds);
}

/** A term that has left both bounds behind: whatever follows lies between them. */
const INSIDE = 0;
/** What a term equals as far as it goes: a state is `1 + 3 × bytes read + this`. */
const BOTH = 0;
const LOW = 1;
const HIGH = 2;

class RangeAutomaton implements Automaton {
  readonly start: number;
  readonly #low: Uint8Array | undefined;
  readonly #high: Uint8Array | undefined;
  readonly #lowIncluded: boolean;
  readonly #highIncluded: boolean;

  constructor({ gte, gt, lte, lt }: TermBounds) {
    const low = gte ?? gt;
    const high = lte ?? lt;
    this.#low = low === undefined ? undefined : termBytes(low);
    this.#high = high === undefined ? undefined : termBytes(high);
    this.#lowIncluded = gte !== undefined;
    this.#highIncluded = lte !== undefined;
    if (low === undefined) this.start = high === undefined ? INSIDE : 1 + HIGH;
    else this.start = 1 + (high === undefined ? LOW : BOTH);
  }

  step(state: number, byte: number): number {
    if (state === INSIDE) return INSIDE;
    const read = Math.floor((state - 1) / 3);
    const side = (state - 1) % 3;
    let followsLow = false;
    let followsHigh = false;
    if (side !== HIGH) {
      const bound = this.#low![read] ?? -1;
      if (byte < bound) return DEAD;
      followsLow = byte === bound;
    }
    if (side !== LOW) {
      const bound = this.#high![read] ?? -1;
      if (byte > bound) return DEAD;
      followsHigh = byte === bound;
    }
    if (!followsLow && !followsHigh) return INSIDE;
    return 1 + 3 * (read + 1) + (followsLow ? (followsHigh ? BOTH : LOW) : HIGH);
  }

  accepts(state: number): boolean {
    if (state === INSIDE) return true;
    const read = Math.floor((state - 1) / 3);
    const side = (state - 1) % 3;
    if (side !== HIGH && !(this.#lowIncluded && read === this.#low!.length)) return false;
    return side === LOW || this.#highIncluded || read < this.#high!.length;
  }

  acceptsAll(state: number): boolean {
    if (state === INSIDE) return true;
    return (state - 1) % 3 === LOW && this.accepts(state);
  }
}
