/**
 * Where the sections of a segment lie in its region: made from the table of contents, which must have every section that
 * its fields and columns need, with the lengths that follow from their counts, and no others.
 */
import { COLUMN_BLOCK, WINDOW } from '../part/index-part.ts';
import { slotCount } from './hash-slots.ts';
import {
  COLUMN_OWNER,
  DOCUMENTS,
  MAX_HOT_BYTES,
  SECTION_ALIGNMENT,
  SECTIONS,
  type SectionKind,
  type SectionName,
  TAIL_BYTES,
} from './sections.ts';
import type { ColumnEntry, DocumentsEntry, FieldEntry, TableOfContents } from './table-of-contents.ts';
import { LENGTH_STARTS } from './terms-by-end.ts';

/** A section of the file. `at` is relative to the region. */
export type PlacedSection = {
  readonly owner: number;
  readonly name: SectionName;
  readonly kind: SectionKind;
  readonly at: number;
  readonly byteLength: number;
  readonly checksum: number;
};

/** What is made while a segment is opened, and of which field. */
export type DerivedName = 'live' | 'norms' | 'firstBlocks' | 'blockMax' | 'termsByEnd' | 'signatures' | 'lengthStarts';

/** Sections by their index in the table of contents, and where everything lies. */
export class SectionMap {
  readonly sections: readonly PlacedSection[];
  /** Length of the region. */
  readonly byteLength: number;
  readonly #places = new Map<string, { readonly at: number; readonly byteLength: number }>();

  /** @throws the error of `fail` if the table does not fit together. */
  constructor(table: TableOfContents, fail: (problem: string) => Error) {
    const expected = new Map(
      expectedSections(table).map((section) => [`${section.owner} ${section.kind.id}`, section]),
    );
    let end = 0;
    const place = (key: string, byteLength: number): number => {
      const at = end;
      this.#places.set(key, { at, byteLength });
      end = Math.ceil((end + byteLength) / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
      if (end > MAX_HOT_BYTES + 2 ** 20) throw fail(`sections of ${end} bytes and more`);
      return at;
    };
    this.sections = table.sections.map(({ owner, kind, byteLength, checksum }): PlacedSection => {
      const section = expected.get(`${owner} ${kind}`);
      if (section === undefined) throw fail(`section ${kind} of ${owner} comes twice or is unknown`);
      expected.delete(`${owner} ${kind}`);
      if (byteLength !== (section.byteLength ?? byteLength) || byteLength % section.kind.width !== 0) {
        throw fail(`section \`${section.name}\` of ${owner} has ${byteLength} bytes`);
      }
      const { name } = section;
      return { owner, name, kind: section.kind, byteLength, checksum, at: place(`${owner} ${name}`, byteLength) };
    });
    for (const { owner, name } of expected.values()) throw fail(`section \`${name}\` of ${owner} is missing`);
    for (const { owner, name, byteLength } of derivedSections(table)) place(`${owner} ${name}`, byteLength);
    this.byteLength = end + TAIL_BYTES;
  }

  /** Where a section begins, and its length; length 0 if there is none. */
  place(owner: number, name: SectionName | DerivedName): { readonly at: number; readonly byteLength: number } {
    return this.#places.get(`${owner} ${name}`) ?? { at: 0, byteLength: 0 };
  }
}

type Expected = {
  readonly owner: number;
  readonly name: SectionName;
  readonly kind: SectionKind;
  /** Undefined where it does not follow from the table. */
  readonly byteLength: number | undefined;
};

type Lengths = { readonly [N in SectionName]?: number | undefined };

function expectedSections(table: TableOfContents): Expected[] {
  const { docCount } = table;
  return [
    ...listed(DOCUMENTS, sectionsOfDocuments(docCount, table.documents)),
    ...table.fields.flatMap((field, i) => listed(1 + i, sectionsOfField(docCount, field))),
    ...table.columns.flatMap((column, i) => listed(COLUMN_OWNER + i, sectionsOfColumn(docCount, column))),
  ];
}

function listed(owner: number, lengths: Lengths): Expected[] {
  return Object.keys(lengths)
    .filter(isSectionName)
    .map((name) => ({ owner, name, kind: SECTIONS[name], byteLength: lengths[name] }));
}

function isSectionName(key: string): key is SectionName {
  return Object.hasOwn(SECTIONS, key);
}

function sectionsOfDocuments(docCount: number, documents: DocumentsEntry): Lengths {
  return {
    idBytes: undefined,
    idOffsets: 4 * (docCount + 1),
    idSlots: 4 * slotCount(docCount),
    versions: documents.versions.width * docCount,
    seqNos: documents.seqNos.width * docCount,
    primaryTerms: documents.primaryTerms.width * docCount,
    logPositions: documents.logPositions.width * docCount,
    sourceBlocks: undefined,
  };
}

function sectionsOfField(docCount: number, { type, hasPositions, hasOffsets, ...counts }: FieldEntry): Lengths {
  const { termCount, blockCount, lengths } = counts;
  return {
    lengths: lengths.width * docCount,
    termBytes: undefined,
    termOffsets: 4 * (termCount + 1),
    termSlots: 4 * slotCount(termCount),
    docFrequencies: 4 * termCount,
    blockLast: 4 * blockCount,
    blockPostings: 4 * blockCount,
    blockWidth: blockCount,
    postings: undefined,
    ...(type === 'text' && {
      kth10: termCount,
      kth100: termCount,
      codeFrequencies: undefined,
      codeNorms: undefined,
      pairs: undefined,
      blockMax: blockCount,
    }),
    ...(hasPositions && { blockPositions: 4 * blockCount, blockPositionBits: blockCount, positions: undefined }),
    ...(hasOffsets && { blockOffsets: 4 * blockCount, offsets: undefined }),
  };
}

function sectionsOfColumn(docCount: number, column: ColumnEntry): Lengths {
  const blocks = Math.ceil(docCount / COLUMN_BLOCK);
  return {
    ...(!column.isDense && { columnStarts: 4 * (docCount + 1) }),
    columnValues: column.values.width * column.valueCount,
    columnBlockMin: 8 * blocks,
    columnBlockMax: 8 * blocks,
  };
}

type Derived = { readonly owner: number; readonly name: DerivedName; readonly byteLength: number };

function derivedSections({ docCount, fields }: TableOfContents): Derived[] {
  const ofFields = fields.flatMap(({ type, termCount, blockCount }, i): Derived[] => [
    { owner: 1 + i, name: 'firstBlocks', byteLength: 4 * (termCount + 1) },
    { owner: 1 + i, name: 'termsByEnd', byteLength: 4 * termCount },
    { owner: 1 + i, name: 'signatures', byteLength: 4 * termCount },
    { owner: 1 + i, name: 'lengthStarts', byteLength: 4 * LENGTH_STARTS },
    type === 'text'
      ? { owner: 1 + i, name: 'norms', byteLength: docCount }
      : { owner: 1 + i, name: 'blockMax', byteLength: blockCount },
  ]);
  return [{ owner: DOCUMENTS, name: 'live', byteLength: liveBytes(docCount) }, ...ofFields];
}

/** Bytes of a bitmap of documents, a whole number of windows. */
export function liveBytes(docCount: number): number {
  return (Math.ceil(docCount / WINDOW) * WINDOW) / 8;
}
