/** Typed views of the sections in a segment's region. */
import type { Region } from '../memory/region.ts';
import { PackedValues, type Packing } from './packing.ts';
import type { DerivedName, SectionMap } from './section-map.ts';
import type { SectionName } from './sections.ts';

/** Views of the sections of one owner. */
export class RegionViews {
  readonly #region: Region;
  readonly #map: SectionMap;
  readonly #owner: number;

  constructor(region: Region, map: SectionMap, owner: number) {
    this.#region = region;
    this.#map = map;
    this.#owner = owner;
  }

  u8(name: SectionName | DerivedName): Uint8Array {
    const { at, byteLength } = this.#map.place(this.#owner, name);
    return this.#region.bytes.subarray(at, at + byteLength);
  }

  u16(name: SectionName | DerivedName): Uint16Array {
    const { buffer, byteOffset, byteLength } = this.u8(name);
    return new Uint16Array(buffer, byteOffset, Math.floor(byteLength / 2));
  }

  u32(name: SectionName | DerivedName): Uint32Array {
    const { buffer, byteOffset, byteLength } = this.u8(name);
    return new Uint32Array(buffer, byteOffset, Math.floor(byteLength / 4));
  }

  f64(name: SectionName): Float64Array {
    const { buffer, byteOffset, byteLength } = this.u8(name);
    return new Float64Array(buffer, byteOffset, Math.floor(byteLength / 8));
  }

  packed(name: SectionName, packing: Packing, count: number): PackedValues {
    return new PackedValues(packing, this.u8(name), count);
  }
}
