/**
 * Finds the first documents that have any of many terms of a field, where all documents score alike: only the postings
 * below the last one that may still be among them are looked at, which of most terms is one. Driven by
 * `../first-documents.ts`.
 */
import { hasBit } from './filter.ts';
import { ordinalAt } from './postings.ts';
import { BLOCK, WIDTH_MASK } from './records.ts';

/** One call. All fields are 32 bits; the driver writes them in this order. Addresses of a field are those of its first item. */
@unmanaged
export class FirstDocuments {
  /** Numbers of the terms, u32 each. */
  terms: usize;
  termCount: i32;
  firstBlocks: usize;
  docFrequencies: usize;
  blockLast: usize;
  blockPostings: usize;
  blockWidth: usize;
  postings: usize;
  endOrdinal: i32;
  /** 0 if all documents count. */
  filter: usize;
  /** 32-bit words of `filter`. */
  filterWords: i32;
  /** Documents that are wanted, 1 or more. */
  limit: i32;
  /** Room for `limit` ordinals, which rise. */
  found: usize;
  /** How many there are, from an earlier call with other terms too. */
  foundCount: i32;
}

/** Bytes of the record, for the driver to check. */
export function firstDocumentsBytes(): usize {
  return offsetof<FirstDocuments>();
}

/** Completes what was found with the documents of the terms in the record at an address. */
export function findFirst(address: usize): void {
  const query = changetype<FirstDocuments>(address);
  const count = query.termCount;
  if (count == 0) return;
  // The commonest term soon tells what is too late.
  let commonest = 0;
  for (let i = 1; i < count; i++)
    if (frequencyOf(query, termAt(query, i)) > frequencyOf(query, termAt(query, commonest))) commonest = i;
  addTerm(query, termAt(query, commonest));
  for (let i = 0; i < count; i++) if (i != commonest) addTerm(query, termAt(query, i));
}

function termAt(query: FirstDocuments, i: i32): usize {
  return <usize>load<u32>(query.terms + ((<usize>i) << 2));
}

function frequencyOf(query: FirstDocuments, term: usize): i32 {
  return load<i32>(query.docFrequencies + (term << 2));
}

function addTerm(query: FirstDocuments, term: usize): void {
  let left = frequencyOf(query, term);
  let block = <usize>load<u32>(query.firstBlocks + (term << 2));
  let base = 0;
  for (; left > 0; left -= BLOCK, block++) {
    const width = <i32>load<u8>(query.blockWidth + block) & WIDTH_MASK;
    const ordinals = query.postings + <usize>load<u32>(query.blockPostings + (block << 2));
    const length = min(left, BLOCK);
    for (let i = 0; i < length; i++) if (!add(query, base + ordinalAt(ordinals, width, i))) return;
    base = load<i32>(query.blockLast + (block << 2)) + 1;
  }
}

/** Takes a document, unless it is deleted or filtered out. False if it, and so each later one, comes too late. */
function add(query: FirstDocuments, doc: i32): bool {
  const found = query.found;
  let count = query.foundCount;
  const end = count < query.limit ? query.endOrdinal : load<i32>(found + ((<usize>(count - 1)) << 2));
  if (<u32>doc >= <u32>end) return false;
  if (query.filter != 0 && !hasBit(query.filter, query.filterWords, doc)) return true;
  let at = count;
  while (at > 0 && load<i32>(found + ((<usize>(at - 1)) << 2)) > doc) at--;
  if (at > 0 && load<i32>(found + ((<usize>(at - 1)) << 2)) == doc) return true;
  if (count < query.limit) query.foundCount = ++count;
  const place = found + ((<usize>at) << 2);
  memory.copy(place + 4, place, (<usize>(count - 1 - at)) << 2);
  store<i32>(place, doc);
  return true;
}
