/** Segment files as bytes: taken apart, damaged in many ways, and put together again with checksums that are right. */
import { crc32, inflateRawSync } from 'node:zlib';
import { ByteReader } from '../../../src/engine/segment/byte-reader.ts';
import { ByteWriter } from '../../../src/engine/segment/byte-writer.ts';
import { FOOTER_BYTES, HEADER_BYTES, MAGIC, VERSION } from '../../../src/engine/segment/sections.ts';
import { decodeTable, encodeTable, type TableOfContents } from '../../../src/engine/segment/table-of-contents.ts';
import type { Store } from '../../../src/engine/store/store.ts';
import type { Seeded } from '../../support/seeded.ts';

/** A segment file taken apart: what stands between header and table, and the contents of the sections, inflated. */
export type Anatomy = {
  readonly file: Uint8Array;
  readonly table: TableOfContents;
  readonly contents: readonly Uint8Array[];
};

/** All bytes of a file. */
export function readWhole(store: Store, name: string): Uint8Array {
  const file = store.open(name);
  const bytes = new Uint8Array(file.size);
  file.read(0, bytes);
  file.close();
  return bytes;
}

/** Writes a file. */
export function writeWhole(store: Store, name: string, bytes: Uint8Array): void {
  const out = store.create(name);
  out.write(bytes);
  out.finish();
}

/** Takes a whole file apart. */
export function dissect(file: Uint8Array): Anatomy {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const footer = file.length - FOOTER_BYTES;
  const [offset, length] = [view.getFloat64(footer, true), view.getUint32(footer + 8, true)];
  const fail = (problem: string) => new Error(problem);
  const table = decodeTable(new ByteReader(file.subarray(offset, offset + length), fail), fail);
  const contents = table.sections.map((_, section) =>
    Buffer.concat(
      table.chunks
        .filter((chunk) => chunk.section === section)
        .map((chunk) => {
          const stored = file.subarray(chunk.offset, chunk.offset + chunk.storedBytes);
          return chunk.inflatedBytes === undefined ? stored : inflateRawSync(stored);
        }),
    ),
  );
  return { file, table, contents };
}

/** Puts a file together, with every checksum made anew. Stored sources stay where they were. */
export function assemble({ file, table, contents }: Anatomy): Uint8Array {
  const end = new DataView(file.buffer, file.byteOffset).getFloat64(file.length - FOOTER_BYTES, true);
  const pieces = [file.subarray(0, end)];
  let offset = end;
  const chunks = contents.map((content, section) => {
    const chunk = { section, offset, storedBytes: content.length, inflatedBytes: undefined };
    pieces.push(content);
    offset += content.length;
    return chunk;
  });
  const sections = table.sections.map((entry, i) => ({ ...entry, checksum: crc32(contents[i]!) }));
  const tableBytes = encodeTable({ ...table, sections, chunks }).slice();
  return Buffer.concat([...pieces, tableBytes, footer(offset, tableBytes)]);
}

/** Changes the bytes of the table of contents and makes its checksum anew. */
export function withTableBytes(file: Uint8Array, change: (table: Uint8Array) => Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset);
  const offset = view.getFloat64(file.length - FOOTER_BYTES, true);
  const table = change(file.slice(offset, file.length - FOOTER_BYTES));
  return Buffer.concat([file.subarray(0, offset), table, footer(offset, table)]);
}

function footer(offset: number, table: Uint8Array): Uint8Array {
  const out = new ByteWriter();
  out.f64(offset);
  for (const value of [table.length, crc32(table), 0, VERSION]) out.u32(value);
  out.u32(crc32(out.bytes));
  out.u32(MAGIC);
  return out.bytes;
}

/** Changes bytes as disks, wires and people do: flips, random bytes, runs of zeros, swaps, cuts and additions. */
export function mutate(random: Seeded, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length === 0) return Uint8Array.of(random.below(256));
  const place = () => random.below(copy.length);
  switch (random.below(7)) {
    case 0:
      for (let i = random.below(3); i >= 0; i--) copy[place()]! ^= 1 << random.below(8);
      return copy;
    case 1:
      for (let i = random.below(8); i >= 0; i--) copy[place()] = random.below(256);
      return copy;
    case 2: {
      const at = place();
      return copy.fill(random.chance(0.5) ? 0 : 255, at, at + 1 + random.below(64));
    }
    case 3: {
      const [from, to, length] = [place(), place(), random.below(100)];
      const piece = copy.slice(from, from + length);
      copy.copyWithin(from, to, to + length);
      copy.set(piece.subarray(0, copy.length - to), to);
      return copy;
    }
    case 4:
      return copy.slice(0, place());
    case 5:
      return Buffer.concat([copy, Uint8Array.from(random.list(1 + random.below(20), () => random.below(256)))]);
    default: {
      const at = place();
      const step = random.pick([-1, 1, 2, 127, 128]);
      copy[at] = copy[at]! + step;
      return copy;
    }
  }
}

/** Changes the file itself; sometimes only its first or last bytes, where the most can go wrong. */
export function mutateFile(random: Seeded, file: Uint8Array): Uint8Array {
  const part = random.below(4);
  if (part === 0) return Buffer.concat([mutate(random, file.subarray(0, HEADER_BYTES)), file.subarray(HEADER_BYTES)]);
  if (part === 1) {
    const at = file.length - FOOTER_BYTES;
    return Buffer.concat([file.subarray(0, at), mutate(random, file.subarray(at))]);
  }
  return mutate(random, file);
}

/** Changes one section and makes the checksums anew. */
export function mutateSection(random: Seeded, anatomy: Anatomy): Uint8Array {
  const section = random.below(anatomy.contents.length);
  const contents = anatomy.contents.map((content, i) => (i === section ? mutate(random, content) : content));
  return assemble({ ...anatomy, contents });
}

/** Gives a section the contents of another and makes the checksums anew. */
export function swapSections(random: Seeded, anatomy: Anatomy): Uint8Array {
  const contents = [...anatomy.contents];
  const [a, b] = [random.below(contents.length), random.below(contents.length)];
  [contents[a], contents[b]] = [contents[b]!, contents[a]!];
  if (random.chance(0.5)) return assemble({ ...anatomy, contents });
  const sections = [...anatomy.table.sections];
  [sections[a], sections[b]] = [sections[b]!, sections[a]!];
  return assemble({ ...anatomy, table: { ...anatomy.table, sections } });
}

/** Changes a count or a packing in the table of contents. */
export function mutateCounts(random: Seeded, anatomy: Anatomy): Uint8Array {
  const { table } = anatomy;
  const nudge = (value: number) => Math.max(0, value + random.pick([-1, 1, 2, -value, value, 1000, 2 ** 20]));
  const width = random.pick([0, 1, 2, 4, 8] as const);
  const packing = { base: random.pick([0, 1, -5, 2 ** 40]), step: random.pick([1, 2, 1000]), width };
  switch (random.below(4)) {
    case 0:
      return assemble({ ...anatomy, table: { ...table, docCount: nudge(table.docCount) } });
    case 1: {
      const at = random.below(table.fields.length);
      const fields = table.fields.map((field, i) => {
        if (i !== at) return field;
        return random.pick([
          { ...field, termCount: nudge(field.termCount) },
          { ...field, blockCount: nudge(field.blockCount) },
          { ...field, lengths: packing },
          { ...field, type: random.pick(['text', 'keyword'] as const) },
          { ...field, hasPositions: !field.hasPositions },
          { ...field, hasOffsets: !field.hasOffsets },
          { ...field, field: random.pick(['body', '', 'tags']) },
        ]);
      });
      return assemble({ ...anatomy, table: { ...table, fields } });
    }
    case 2: {
      const at = random.below(table.columns.length);
      const columns = table.columns.map((column, i) => {
        if (i !== at) return column;
        return random.pick([
          { ...column, valueCount: nudge(column.valueCount) },
          { ...column, values: packing },
          { ...column, isDense: !column.isDense },
          { ...column, type: 'keyword' as const },
          { ...column, field: 'tags' },
        ]);
      });
      return assemble({ ...anatomy, table: { ...table, columns } });
    }
    default: {
      const at = random.below(table.sections.length);
      const sections = table.sections.map((section, i) => {
        if (i !== at) return section;
        return random.pick([
          { ...section, byteLength: nudge(section.byteLength) },
          { ...section, kind: random.below(60) },
          { ...section, owner: random.below(5) },
        ]);
      });
      return assemble({ ...anatomy, table: { ...table, sections } });
    }
  }
}
