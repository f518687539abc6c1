/**
 * Hands out regions of shared WebAssembly memories: segments, filters and the kernel's scratch live there. A memory
 * starts small and grows in place up to 4 GiB; when none has room, another one is opened. One pool serves all engines
 * of a thread.
 */
import { CoppiceError } from '../../errors.ts';
import { FreeList } from './free-list.ts';
import type { Region, RegionPool, SharedMemory } from './region.ts';
import { webAssembly } from './web-assembly.ts';

/** A range in a memory of another thread that a pool may use. It neither grows nor goes away. */
export type LentRange = { readonly memory: SharedMemory; readonly address: number; readonly byteLength: number };

/** Regions begin at multiples of this. */
export const REGION_ALIGNMENT = 64;

const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;
const FIRST_PAGES = 16;
const MAX_REGION_BYTES = 2 ** 31;
/** Nothing lies below, so that no region has address 0 and a stray small address meets nothing. */
const FIRST_ADDRESS = 1024;
/** An empty memory is kept for the next region if it is the only one and not longer than this. */
const MAX_SPARE_BYTES = 1 << 24;

/**
 * Creates a pool.
 *
 * @param lent Ranges of memories that other threads made; regions near them are found there only.
 */
export function createRegionPool(lent: readonly LentRange[] = []): RegionPool {
  return new MemoryPool(lent.map((range) => new Arena(range.memory, range)));
}

class MemoryPool implements RegionPool {
  #arenas: Arena[];
  #usedBytes = 0;

  constructor(arenas: Arena[]) {
    this.#arenas = arenas;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get heldBytes(): number {
    return this.#arenas.reduce((total, { isLent, memory }) => total + (isLent ? 0 : memory.buffer.byteLength), 0);
  }

  allocate(byteLength: number, near?: Pick<Region, 'memory'>): Region {
    if (!Number.isSafeInteger(byteLength) || byteLength < 0 || byteLength > MAX_REGION_BYTES) {
      throw new CoppiceError('LIMIT_EXCEEDED', `a region of ${byteLength} bytes; at most ${MAX_REGION_BYTES}`);
    }
    const roomBytes = Math.max(REGION_ALIGNMENT, Math.ceil(byteLength / REGION_ALIGNMENT) * REGION_ALIGNMENT);
    const [arena, address] = near === undefined ? this.#findAnywhere(roomBytes) : this.#findNear(roomBytes, near);
    this.#usedBytes += byteLength;
    const bytes = arena.open(address, byteLength, roomBytes);
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#usedBytes -= byteLength;
      arena.free.give(address, roomBytes);
      this.#dropIfEmpty(arena);
    };
    return { memory: arena.memory, address, byteLength, bytes, release };
  }

  #findNear(roomBytes: number, near: Pick<Region, 'memory'>): readonly [Arena, number] {
    const arena = this.#arenas.find(({ memory }) => memory === near.memory);
    if (arena === undefined) throw new Error('a region near one of another pool');
    const address = arena.free.take(roomBytes) ?? arena.grow(roomBytes);
    if (address === undefined) throw noRoom(roomBytes);
    return [arena, address];
  }

  #findAnywhere(roomBytes: number): readonly [Arena, number] {
    const own = this.#arenas.filter(({ isLent }) => !isLent);
    for (const arena of own) {
      const address = arena.free.take(roomBytes);
      if (address !== undefined) return [arena, address];
    }
    for (const arena of own) {
      const address = arena.grow(roomBytes);
      if (address !== undefined) return [arena, address];
    }
    const arena = new Arena(createMemory());
    const address = arena.free.take(roomBytes) ?? arena.grow(roomBytes);
    if (address === undefined) throw noRoom(roomBytes);
    this.#arenas.push(arena);
    return [arena, address];
  }

  #dropIfEmpty(arena: Arena): void {
    if (arena.isLent || !arena.isEmpty) return;
    if (this.#arenas.length === 1 && arena.memory.buffer.byteLength <= MAX_SPARE_BYTES) return;
    this.#arenas = this.#arenas.filter((other) => other !== arena);
  }
}

/** One memory, or a lent range of one, and what is free in it. */
class Arena {
  readonly memory: SharedMemory;
  readonly free = new FreeList();
  readonly isLent: boolean;
  /** Above this, no byte was ever handed out, and all are 0. */
  #usedEnd: number;

  constructor(memory: SharedMemory, lent?: LentRange) {
    this.memory = memory;
    this.isLent = lent !== undefined;
    const start = lent === undefined ? FIRST_ADDRESS : alignUp(lent.address);
    const end = lent === undefined ? memory.buffer.byteLength : alignDown(lent.address + lent.byteLength);
    if (end > start) this.free.give(start, end - start);
    this.#usedEnd = lent === undefined ? start : end;
  }

  get isEmpty(): boolean {
    return this.free.bytes === this.memory.buffer.byteLength - FIRST_ADDRESS;
  }

  /** Makes room at the end of the memory; returns its address, or undefined if there can be none. */
  grow(roomBytes: number): number | undefined {
    if (this.isLent) return undefined;
    const endBytes = this.memory.buffer.byteLength;
    const missing = Math.ceil((roomBytes - this.free.bytesBefore(endBytes)) / PAGE_BYTES);
    const possible = MAX_PAGES - endBytes / PAGE_BYTES;
    if (missing > possible) return undefined;
    // An eighth more than there is, so that many small regions do not grow it one by one.
    const pages = Math.min(possible, Math.max(missing, Math.ceil(endBytes / PAGE_BYTES / 8)));
    const grown = tryToGrow(this.memory, pages) || (pages > missing && tryToGrow(this.memory, missing));
    if (!grown) return undefined;
    this.free.give(endBytes, this.memory.buffer.byteLength - endBytes);
    return this.free.take(roomBytes);
  }

  /** The zeroed bytes of a range that was taken. */
  open(address: number, byteLength: number, roomBytes: number): Uint8Array {
    const dirty = Math.min(roomBytes, this.#usedEnd - address);
    if (dirty > 0) new Uint8Array(this.memory.buffer, address, dirty).fill(0);
    this.#usedEnd = Math.max(this.#usedEnd, address + roomBytes);
    return new Uint8Array(this.memory.buffer, address, byteLength);
  }
}

function createMemory(): SharedMemory {
  try {
    return new webAssembly.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES, shared: true });
  } catch (cause) {
    throw new CoppiceError('OUT_OF_MEMORY', 'no address space for another memory of segments', { cause });
  }
}

function tryToGrow(memory: SharedMemory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function noRoom(roomBytes: number): CoppiceError {
  return new CoppiceError('OUT_OF_MEMORY', `no room for ${roomBytes} bytes in the memory of segments`);
}

function alignUp(address: number): number {
  return Math.ceil(address / REGION_ALIGNMENT) * REGION_ALIGNMENT;
}

function alignDown(address: number): number {
  return Math.floor(address / REGION_ALIGNMENT) * REGION_ALIGNMENT;
}
