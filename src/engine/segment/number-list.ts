/** A list of 32-bit numbers that grows by chunks, so that a long one is not copied while it grows. */

const CHUNK = 1 << 14;

/** Numbers in the order in which they were added. */
export class NumberList {
  readonly #full: Uint32Array[] = [];
  #last = new Uint32Array(64);
  #used = 0;

  get length(): number {
    return this.#full.length * CHUNK + this.#used;
  }

  add(value: number): void {
    if (this.#used === this.#last.length) this.#grow();
    this.#last[this.#used++] = value;
  }

  /** All of them in one array. */
  toArray(): Uint32Array {
    const all = new Uint32Array(this.length);
    this.#full.forEach((chunk, i) => {
      all.set(chunk, i * CHUNK);
    });
    all.set(this.#last.subarray(0, this.#used), this.#full.length * CHUNK);
    return all;
  }

  #grow(): void {
    if (this.#used < CHUNK) {
      const longer = new Uint32Array(this.#used * 2);
      longer.set(this.#last);
      this.#last = longer;
      return;
    }
    this.#full.push(this.#last);
    this.#last = new Uint32Array(CHUNK);
    this.#used = 0;
  }
}
