/** Where the documents of a part go when it is written anew without those that are deleted. Order is kept. */
import type { IndexPart } from '../part/index-part.ts';

/** Ordinal of a document that is left out. */
export const LEFT_OUT = -1;

/** New ordinals by old ones, as live documents were when the map was made. */
export class OrdinalMap {
  /** By old ordinal; `LEFT_OUT` for documents that are not kept. */
  readonly ordinals: Int32Array;
  /** New ordinals begin here. */
  readonly base: number;
  readonly newCount: number;

  constructor(ordinals: Int32Array, base: number, newCount: number) {
    this.ordinals = ordinals;
    this.base = base;
    this.newCount = newCount;
  }

  /** Keeps the documents of a part that are live now. */
  static ofLive({ endOrdinal, live }: Pick<IndexPart, 'endOrdinal' | 'live'>, base = 0): OrdinalMap {
    const ordinals = new Int32Array(endOrdinal);
    let next = base;
    for (let old = 0; old < endOrdinal; old++) {
      ordinals[old] = (live[old >>> 5]! >>> (old & 31)) & 1 ? next++ : LEFT_OUT;
    }
    return new OrdinalMap(ordinals, base, next - base);
  }

  get oldCount(): number {
    return this.ordinals.length;
  }

  /** Whether all documents are kept. */
  get isWhole(): boolean {
    return this.newCount === this.oldCount;
  }

  has(old: number): boolean {
    return this.ordinals[old]! !== LEFT_OUT;
  }

  /** Calls `visit` with the new ordinal of each document that is kept, but not live any more in the part. */
  forEachDeleted({ live }: Pick<IndexPart, 'live'>, visit: (ordinal: number) => void): void {
    for (let old = 0; old < this.oldCount; old++) {
      if (this.has(old) && ((live[old >>> 5]! >>> (old & 31)) & 1) === 0) visit(this.ordinals[old]!);
    }
  }
}
