/**
 * Memory that the kernel and every worker of a process see alike: regions of shared WebAssembly memories. A memory ends
 * at 4 GiB; a pool opens as many as it needs, and a region lies in one of them.
 */

/** A shared WebAssembly memory, as far as it is used here (TypeScript has its types only with those of browsers). */
export interface SharedMemory {
  /** Longer after the memory has grown; views of the former buffer stay valid. */
  readonly buffer: SharedArrayBuffer;
  /** Adds pages of 64 KiB. Throws a RangeError if it cannot. */
  grow(pages: number): number;
}

/** A piece of a shared WebAssembly memory, aligned to 64 bytes. */
export interface Region {
  readonly memory: SharedMemory;
  /** Where it begins in the memory, above 0. */
  readonly address: number;
  readonly byteLength: number;
  /** Its bytes; the view stays valid while the memory grows, until `release`. */
  readonly bytes: Uint8Array;
  /** Gives it back. Twice is harmless. */
  release(): void;
}

/** Where regions come from. */
export interface RegionPool {
  /**
   * Allocates zeroed memory.
   *
   * @param near A region, or what else names a memory, where the new one must lie too: one kernel call can use both.
   * @throws CoppiceError `OUT_OF_MEMORY` if there is no room, `LIMIT_EXCEEDED` if `byteLength` is above 2 GiB.
   */
  allocate(byteLength: number, near?: Pick<Region, 'memory'>): Region;
  /** Bytes in regions that were not released. */
  readonly usedBytes: number;
  /** Bytes of the memories that the pool has made. */
  readonly heldBytes: number;
}
