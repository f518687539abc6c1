/**
 * What the kernel needs in one memory: an instance, and a region to work in. The region is laid out anew whenever a
 * call needs more room than any before.
 *
 * | bytes | what |
 * | --- | --- |
 * | | a margin, the accumulators of a window, a margin (`assembly/accumulate.ts`) |
 * | 4 each | list of the documents of a window, or of terms; of a phrase, a batch (`assembly/batch.ts`) |
 * | 256 | record of the query, or of what first documents are looked for |
 * | 4, 4, 8 each | addresses of the terms' records, the same in order, sums of bounds |
 * | 192 each | records of the terms |
 * | 4608 each | tables of the terms: scores, bounds, quanta |
 * | 4928 each | profiles |
 * | 8 each | hits |
 */
import type { Region, RegionPool, SharedMemory } from '../memory/region.ts';
import type { CodeTable } from '../segment/inverted-layout.ts';
import { instantiateKernel, type KernelExports } from './kernel-module.ts';
import { FIRST, QUERY, TERM } from './record-fields.ts';

/** How much a call needs at least. */
export type ScratchSize = { readonly terms: number; readonly hits: number };

/** Bytes of a table of scores or bounds. */
export const SCORES_BYTES = 2048;
const QUANTA_BYTES = 512;

const MARGIN_BYTES = 131_072;
const WINDOW_BYTES = 131_072;
/** Numbers that there is room for in `list`. */
export const LIST_NUMBERS = 65_536 + 128;
const LIST_BYTES = LIST_NUMBERS * 4;
const QUERY_BYTES = 256;
const TERM_BYTES = 192;
const TABLES_BYTES = 2 * SCORES_BYTES + QUANTA_BYTES;
const PROFILE_BYTES = 4928;
const PROFILE_NORMS = 512;
const PROFILE_FACTORS = 768;
const PROFILE_CODES = 4864;
const FIRST_SIZE = { terms: 16, hits: 128 } as const;
/** Profiles that are kept at least, so that segments of a shard do not drive each other's out. */
const MIN_PROFILES = 64;

type Profile = { codes: CodeTable | undefined; factors: Float32Array | undefined; call: number };

/** Scratch of one memory. */
export class Scratch {
  readonly exports: KernelExports;
  readonly region: Region;
  readonly size: ScratchSize;
  /** The region as numbers. */
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  /** Offsets in the region, in bytes. */
  readonly window = MARGIN_BYTES;
  readonly list = this.window + WINDOW_BYTES + MARGIN_BYTES;
  readonly query = this.list + LIST_BYTES;
  readonly addresses = this.query + QUERY_BYTES;
  readonly order: number;
  readonly prefix: number;
  readonly #terms: number;
  readonly #tables: number;
  readonly #profiles: number;
  readonly hits: number;
  /** What profiles are filled with, and the last call that used them. */
  readonly #filled: Profile[];
  #call = 0;
  #lastProfile = 0;

  constructor(pool: RegionPool, memory: SharedMemory, wanted: ScratchSize, before?: Scratch) {
    const size = {
      terms: Math.max(wanted.terms, before?.size.terms ?? FIRST_SIZE.terms),
      hits: Math.max(wanted.hits, before?.size.hits ?? FIRST_SIZE.hits),
    };
    this.size = size;
    this.order = this.addresses + size.terms * 4;
    this.prefix = alignUp(this.order + size.terms * 4);
    this.#terms = alignUp(this.prefix + (size.terms + 1) * 8);
    this.#tables = this.#terms + size.terms * TERM_BYTES;
    this.#profiles = this.#tables + size.terms * TABLES_BYTES;
    const profileCount = Math.max(size.terms, MIN_PROFILES);
    this.hits = this.#profiles + profileCount * PROFILE_BYTES;
    this.region = pool.allocate(this.hits + size.hits * 8, { memory });
    this.exports = before?.exports ?? checked(instantiateKernel(memory));
    const { buffer, byteOffset, byteLength } = this.region.bytes;
    this.words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    this.floats = new Float32Array(buffer, byteOffset, byteLength >>> 2);
    this.#filled = Array.from({ length: profileCount }, () => ({ codes: undefined, factors: undefined, call: 0 }));
  }

  /** Whether it has room for a call. */
  fits(terms: number, hits: number): boolean {
    return terms <= this.size.terms && hits <= this.size.hits;
  }

  /** Begins a call: profiles of earlier ones may be replaced. */
  begin(): void {
    this.#call++;
  }

  /** Offset of the record of term `index`. */
  term(index: number): number {
    return this.#terms + index * TERM_BYTES;
  }

  /** Offset of the tables of term `index`. */
  tables(index: number): number {
    return this.#tables + index * TABLES_BYTES;
  }

  /** Address of the profile of some codes under some length factors; filled unless a call before has done so. */
  profile(codes: CodeTable, factors: Float32Array): number {
    const slot = this.#findProfile(codes, factors);
    const profile = this.#filled[slot]!;
    if (profile.codes !== codes || profile.factors !== factors) this.#fillProfile(slot, codes, factors);
    profile.call = this.#call;
    this.#lastProfile = slot;
    return this.region.address + this.#profiles + slot * PROFILE_BYTES;
  }

  /** The slot of a profile, or the one least recently used: there is one for each term of a call. */
  #findProfile(codes: CodeTable, factors: Float32Array): number {
    const last = this.#filled[this.#lastProfile]!;
    if (last.codes === codes && last.factors === factors) return this.#lastProfile;
    let oldest = 0;
    for (let slot = 0; slot < this.#filled.length; slot++) {
      const profile = this.#filled[slot]!;
      if (profile.codes === codes && profile.factors === factors) return slot;
      if (profile.call < this.#filled[oldest]!.call) oldest = slot;
    }
    return oldest;
  }

  #fillProfile(slot: number, codes: CodeTable, factors: Float32Array): void {
    const offset = this.#profiles + slot * PROFILE_BYTES;
    const bytes = this.region.bytes.subarray(offset, offset + PROFILE_BYTES).fill(0);
    new Uint16Array(bytes.buffer, bytes.byteOffset, 256).set(codes.frequencies.subarray(0, codes.size));
    bytes.set(codes.norms.subarray(0, codes.size), PROFILE_NORMS);
    this.floats.set(factors.subarray(0, 256), (offset + PROFILE_FACTORS) >>> 2);
    this.words[(offset + PROFILE_CODES) >>> 2] = Math.min(codes.size, 255);
    this.exports.fillProfile(this.region.address + offset);
    const profile = this.#filled[slot]!;
    profile.codes = codes;
    profile.factors = factors;
  }
}

/** Checks that driver and kernel agree on records. */
function checked(exports: KernelExports): KernelExports {
  const isSame =
    exports.queryBytesFilled() === QUERY.filledByDriver * 4 &&
    exports.termBytesFilled() === TERM.filledByDriver * 4 &&
    exports.queryBytes() <= QUERY_BYTES &&
    exports.firstDocumentsBytes() === (FIRST.foundCount + 1) * 4 &&
    exports.termBytes() <= TERM_BYTES;
  if (!isSame) throw new Error('the kernel was built from other sources: run `make build`');
  return exports;
}

function alignUp(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}
