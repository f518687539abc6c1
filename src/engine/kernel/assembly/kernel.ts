/** The search kernel: evaluates a whole query over one segment in one call. Loaded and driven by `search-kernel.ts`. */
import { searchConjunction, searchConjunctionOfFilter } from './conjunction.ts';
import { countFilter } from './filter.ts';
import { findFirst, firstDocumentsBytes } from './first-documents.ts';
import { leastKept, resetHits, sortHits } from './hits.ts';
import { searchLead, searchUnionOfFilter } from './lead.ts';
import { selectListed } from './listed.ts';
import { searchPhrase, searchPhraseOfFilter } from './phrase-search.ts';
import { maximumOf, resetCursor } from './postings.ts';
import { isCounting, resetProgress, total } from './progress.ts';
import { fillQuanta } from './quanta.ts';
import { KIND_AND, KIND_OR, KIND_PHRASE, Query, Term, termAt } from './records.ts';
import { fillProfile, fillScores } from './scores.ts';
import { seedFromTerm, seedOf } from './seed.ts';
import { listAlike } from './signatures.ts';
import { frequencyScale } from './sloppy.ts';
import { sortMarked, sortTerm } from './sorted.ts';
import { sortByBound } from './term-order.ts';
import { countUnion, markUnion } from './union.ts';
import { isSelective } from './window-scan.ts';
import { searchWindows } from './windows.ts';

export { fillProfile, findFirst, firstDocumentsBytes, listAlike };

/** Postings of the lead are probed in one other list at the cost of accumulating so many. */
const PROBE_COST: i64 = 14;
/** A filter leads if it has so many times fewer documents than there are postings to look through. */
const FILTER_COST: i64 = 12;
/** Accumulators are looked through so many at the cost of accumulating one posting. */
const SCAN_GAIN: i64 = 16;

/** Bytes of the record of a query, and of those that the driver fills. */
export function queryBytes(): usize {
  return offsetof<Query>();
}
export function queryBytesFilled(): usize {
  return offsetof<Query>('filledByDriver');
}

/** The same of a term. */
export function termBytes(): usize {
  return offsetof<Term>();
}
export function termBytesFilled(): usize {
  return offsetof<Term>('filledByDriver');
}

/** Evaluates the query at an address: fills in its results, its hits and its target. */
export function run(address: usize): void {
  const query = changetype<Query>(address);
  const isPlainUnion = query.kind == KIND_OR && query.minimum == 1;
  resetProgress(query);
  resetCursors(query);
  if (query.filterCount < 0) query.filterCount = countFilter(query);
  if (query.limit == 0 && isPlainUnion && !filterLeads(query)) {
    if (query.target != 0) markUnion(query);
    else countUnion(query);
  } else {
    fillTables(query);
    const seed: f32 = isPlainUnion && query.limit > 0 ? seedOf(query) : 0;
    evaluate(query, isPlainUnion, seed);
    if (query.filter != 0 && seed > max(query.floor, 0) && leastKept() < seed) {
      // Too few documents pass the filter for what was guessed.
      resetProgress(query);
      resetCursors(query);
      evaluate(query, isPlainUnion, 0);
    }
  }
  query.total = total;
  if (query.limit > 0) sortHits(query);
}

/** Leaves in the list of the query at an address the indexes of its first `limit` documents that match; no phrases. */
export function select(address: usize): void {
  const query = changetype<Query>(address);
  resetCursors(query);
  query.hitCount = selectListed(query);
}

/** Finds the first `limit` matches of the query at an address by its column, and counts all. Several terms need a target. */
export function sort(address: usize): void {
  const query = changetype<Query>(address);
  const limit = query.limit;
  const isSingle = query.termCount == 1;
  query.limit = 0;
  if (!isSingle) run(address);
  query.limit = limit;
  resetHits(query, 0);
  query.total = isSingle ? sortTerm(query) : sortMarked(query);
  sortHits(query);
}

/** @param seed A score that `limit` documents reach, or may reach; 0 if unknown. */
function evaluate(query: Query, isPlainUnion: bool, seed: f32): void {
  resetHits(query, seed);
  sortTerms(query, isPlainUnion);
  if (filterLeads(query)) {
    if (query.kind == KIND_OR) searchUnionOfFilter(query);
    else if (query.kind == KIND_PHRASE) searchPhraseOfFilter(query);
    else searchConjunctionOfFilter(query);
  } else if (query.kind == KIND_OR) {
    searchUnion(query, isPlainUnion, seed > 0);
  } else if (query.kind == KIND_PHRASE) {
    searchPhrase(query);
  } else if (query.kind == KIND_AND && isDense(query)) {
    fillQuanta(query, query.limit > 0);
    searchWindows(query, 0, false);
  } else {
    searchConjunction(query);
  }
}

function searchUnion(query: Query, isPlain: bool, isSeeded: bool): void {
  const count = query.termCount;
  let start = 0;
  if (count > 1) {
    if (isPlain && query.filter != 0 && query.limit > 0 && !isSeeded && !isSelective(query)) seedFromTerm(query);
    fillQuanta(query, query.limit > 0);
    start = searchWindows(query, query.isExact ? query.minimum - 1 : 0, isPlain && query.isExact != 0);
  }
  if (start < query.endOrdinal) searchLead(query, start);
}

function resetCursors(query: Query): void {
  for (let i = 0; i < query.termCount; i++) {
    const term = termAt(query.terms, i);
    store<usize>(query.order + ((<usize>i) << 2), changetype<usize>(term));
    resetCursor(term);
  }
}

function fillTables(query: Query): void {
  const hasTables = query.termCount > 1;
  const scale = frequencyScale(query);
  for (let i = 0; i < query.termCount; i++) {
    const term = termAt(query.terms, i);
    term.hasTables = i32(hasTables);
    if (hasTables) fillScores(term, scale);
    term.maximum = maximumOf(term);
  }
}

/** Plain unions go by rising scores, all else by falling frequencies; by neither if sums depend on the order. */
function sortTerms(query: Query, isPlainUnion: bool): void {
  if (!query.isExact && query.kind == KIND_OR) return;
  for (let i = 0; i < query.termCount; i++) {
    const term = termAt(query.terms, i);
    term.bound = isPlainUnion ? term.maximum : -(<f64>term.docFrequency);
  }
  sortByBound(query.order, query.termCount);
}

function isDense(query: Query): bool {
  const count = query.termCount;
  if (!query.isExact) return false;
  const end = <i64>query.endOrdinal;
  const lead = (<i64>termAt(query.order, count - 1).docFrequency * <i64>query.filterCount) / end;
  let postings: i64 = 0;
  for (let i = 0; i < count; i++) postings += <i64>termAt(query.order, i).docFrequency;
  return lead * PROBE_COST > postings + end / SCAN_GAIN;
}

/** Whether the filter has so few documents that it is best to start from them. */
function filterLeads(query: Query): bool {
  if (query.filter == 0) return false;
  let postings: i64 = 0;
  let least: i64 = i64.MAX_VALUE;
  for (let i = 0; i < query.termCount; i++) {
    const frequency = <i64>termAt(query.terms, i).docFrequency;
    postings += frequency;
    least = min(least, frequency);
  }
  const filtered = <i64>query.filterCount;
  if (query.kind == KIND_PHRASE) return filtered < least;
  if (query.kind == KIND_AND) return filtered * FILTER_COST < least;
  return filtered * FILTER_COST * <i64>query.termCount < postings;
}
