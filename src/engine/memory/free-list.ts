/** The free ranges of one memory, by address; neighbours are joined. Used by the pool of regions. */

type FreeRange = { address: number; byteLength: number };

/** Free ranges. Cost of each call is linear in their number. */
export class FreeList {
  readonly #ranges: FreeRange[] = [];
  #bytes = 0;

  /** Free bytes in all. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the start of the smallest range that is long enough; undefined if none is. */
  take(byteLength: number): number | undefined {
    let best = -1;
    for (let i = 0; i < this.#ranges.length; i++) {
      const length = this.#ranges[i]!.byteLength;
      if (length >= byteLength && (best < 0 || length < this.#ranges[best]!.byteLength)) best = i;
    }
    const range = this.#ranges[best];
    if (range === undefined) return undefined;
    const { address } = range;
    range.address += byteLength;
    range.byteLength -= byteLength;
    if (range.byteLength === 0) this.#ranges.splice(best, 1);
    this.#bytes -= byteLength;
    return address;
  }

  /** Gives a range back, or a new one. It overlaps no free one. */
  give(address: number, byteLength: number): void {
    let at = this.#ranges.findIndex((range) => range.address > address);
    if (at < 0) at = this.#ranges.length;
    const [before, after] = [this.#ranges[at - 1], this.#ranges[at]];
    const joinsBefore = before !== undefined && before.address + before.byteLength === address;
    const joinsAfter = after !== undefined && address + byteLength === after.address;
    if (joinsBefore) before.byteLength += byteLength + (joinsAfter ? after.byteLength : 0);
    else this.#ranges.splice(at, 0, { address, byteLength: byteLength + (joinsAfter ? after.byteLength : 0) });
    if (joinsAfter) this.#ranges.splice(joinsBefore ? at : at + 1, 1);
    this.#bytes += byteLength;
  }

  /** Length of the free range that ends at an address; 0 if none does. */
  bytesBefore(end: number): number {
    const range = this.#ranges.find(({ address, byteLength }) => address + byteLength === end);
    return range?.byteLength ?? 0;
  }
}
