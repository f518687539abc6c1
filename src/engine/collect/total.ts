/** Counts matches as far as they are asked for. */

/** A count that may stop early. */
export class Total {
  #count = 0;
  #isLowerBound = false;
  readonly #limit: number;

  /** @param wanted True: count all; false: none need be counted; a number: exactly up to it. */
  constructor(wanted: boolean | number) {
    this.#limit = wanted === true ? Number.POSITIVE_INFINITY : wanted === false ? 0 : Math.max(0, wanted);
  }

  get count(): number {
    return this.#count;
  }

  /** Whether there may be more than `count`. */
  get isLowerBound(): boolean {
    return this.#isLowerBound;
  }

  /** How many more are to be counted exactly; 0 or less once it is enough. */
  get missing(): number {
    return this.#count > this.#limit ? 0 : this.#limit - this.#count;
  }

  /** Whether matches still have to be counted. */
  get isCounting(): boolean {
    return this.#count < this.#limit || this.#limit === Number.POSITIVE_INFINITY;
  }

  add(count: number): void {
    this.#count += count;
  }

  /** Notes that some matches were not looked for. */
  skip(): void {
    this.#isLowerBound = true;
  }
}
