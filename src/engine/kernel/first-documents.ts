/** Drives `assembly/first-documents.ts`: finds the first documents that have any of many terms. */
import type { FirstDocumentsPlan } from './plan.ts';
import { FIRST } from './record-fields.ts';
import { LIST_NUMBERS, type Scratch } from './scratch.ts';

/** Finds them, piece by piece of the terms, in scratch that has room for `limit` hits. Ordinals rise. */
export function findFirst(scratch: Scratch, plan: FirstDocumentsPlan, limit: number): Uint32Array {
  const { words } = scratch;
  const { address } = scratch.region;
  const { layout, terms, filter } = plan;
  const at = scratch.query >>> 2;
  words[at + FIRST.terms] = address + scratch.list;
  words[at + FIRST.firstBlocks] = layout.firstBlocks.byteOffset;
  words[at + FIRST.docFrequencies] = layout.docFrequencies.byteOffset;
  words[at + FIRST.blockLast] = layout.blockLast;
  words[at + FIRST.blockPostings] = layout.blockPostings;
  words[at + FIRST.blockWidth] = layout.blockWidth;
  words[at + FIRST.postings] = layout.postings;
  words[at + FIRST.endOrdinal] = plan.endOrdinal;
  words[at + FIRST.filter] = filter === undefined ? 0 : filter.words.byteOffset;
  words[at + FIRST.filterWords] = filter?.words.length ?? 0;
  words[at + FIRST.limit] = limit;
  words[at + FIRST.found] = address + scratch.hits;
  words[at + FIRST.foundCount] = 0;
  const list = scratch.list >>> 2;
  for (let from = 0; from < terms.length; from += LIST_NUMBERS) {
    const count = Math.min(LIST_NUMBERS, terms.length - from);
    for (let i = 0; i < count; i++) words[list + i] = terms[from + i]!;
    words[at + FIRST.termCount] = count;
    scratch.exports.findFirst(address + scratch.query);
  }
  const found = scratch.hits >>> 2;
  return words.slice(found, found + words[at + FIRST.foundCount]!);
}
