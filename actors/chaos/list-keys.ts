/** Ids of the lists that clients add to: a few at a time, each until it is long, so that no document grows for ever. */
import type { SimRandom } from '../../src/bus/sim/sim-random.ts';

const OPEN = 4;
const LONG = 40;

/** The lists of one run, shared by its clients. */
export class ListKeys {
  readonly #random: SimRandom;
  readonly #open: string[] = [];
  readonly #all: string[] = [];

  constructor(random: SimRandom) {
    this.#random = random;
    for (let at = 0; at < OPEN; at += 1) this.#openOne();
  }

  /** All lists that were begun. */
  get all(): readonly string[] {
    return this.#all;
  }

  /** One that is added to. */
  pick(): string {
    return this.#random.pick(this.#open);
  }

  /** One that is, or was, added to. */
  pickAny(): string {
    return this.#random.pick(this.#random.chance(0.7) ? this.#open : this.#all);
  }

  /** A list has become so long: one that is long enough makes room for another. */
  grown(key: string, length: number): void {
    const place = this.#open.indexOf(key);
    if (length < LONG || place < 0) return;
    this.#open.splice(place, 1);
    this.#openOne();
  }

  #openOne(): void {
    const key = `list-${this.#all.length}`;
    this.#open.push(key);
    this.#all.push(key);
  }
}
