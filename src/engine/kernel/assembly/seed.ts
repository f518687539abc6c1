/**
 * Scores that `limit` documents reach, known or guessed before a query is evaluated, so that it can skip from the start on
 * what cannot be kept. A guess is checked afterwards: if as many hits reach it, they are the best.
 */
import { leastKept, resetHits } from './hits.ts';
import { searchLead } from './lead.ts';
import { codesOf, countFrom, lengthOf, resetCursor } from './postings.ts';
import { resetProgress } from './progress.ts';
import { EXCEPTION, Query, Term, termAt } from './records.ts';
import { leastFrom, scoreOfCode } from './scores.ts';

/** Of so many postings scores are guessed from, so many times the hits to keep should pass a filter. */
const GUESSED_FROM: i64 = 100;
const GUESS_MARGIN: i64 = 2;

/** So many more postings than are likely to be needed are taken. */
const SPARE_POSTINGS: i64 = 4;
/** Terms of more blocks are not looked at. */
const MOST_BLOCKS: i32 = 1024;

/** A term that is in more than one of so many documents is not looked through beforehand. */
const SEED_GAIN: i64 = 8;

/** A score that `limit` documents of the segment reach at least, with a filter most likely; 0 if unknown. */
export function seedOf(query: Query): f32 {
  const isGuess = query.filter != 0;
  if (isGuess && !isGuessWorthwhile(query)) return 0;
  let known: f64 = 0;
  for (let i = 0; i < query.termCount; i++) {
    const term = termAt(query.terms, i);
    if (!term.hasCodes) known = max(known, term.docFrequency >= query.limit ? scoreOfCode(term, 0) : 0);
    else {
      if (term.kthCode > 0) known = max(known, leastFrom(term, term.kthCode));
      if (isGuess && term.blockCount <= MOST_BLOCKS) known = max(known, guessOf(query, term));
    }
  }
  return <f32>known;
}

/**
 * With a filter nothing may be known of scores beforehand. The best documents of the one term that scores most are found
 * quickly, and the whole query's best score no less.
 */
export function seedFromTerm(query: Query): void {
  const count = query.termCount;
  const order = query.order;
  const term = termAt(order, count - 1);
  if (term.docFrequency < query.limit || <i64>term.docFrequency * SEED_GAIN > <i64>query.endOrdinal) return;
  query.termCount = 1;
  query.order = order + ((<usize>(count - 1)) << 2);
  const countLimit = query.countLimit;
  query.countLimit = 0;
  resetProgress(query);
  searchLead(query, 0);
  query.countLimit = countLimit;
  resetProgress(query);
  query.termCount = count;
  query.order = order;
  resetCursor(term);
  resetHits(query, leastKept());
}

function isGuessWorthwhile(query: Query): bool {
  return <i64>query.filterCount * GUESSED_FROM >= <i64>query.limit * GUESS_MARGIN * <i64>query.endOrdinal;
}

/**
 * What so many postings of a term reach that `limit` of them should pass the filter; 0 where most would be needed. Of more
 * than one block only the best postings are looked at, which are mostly the best of all.
 */
function guessOf(query: Query, term: Term): f64 {
  const likely = (<i64>query.limit * <i64>query.endOrdinal) / max(<i64>query.filterCount, 1);
  const wanted = likely + (likely >> 2) + SPARE_POSTINGS;
  const isWhole = term.blockCount == 1;
  const codes = isWhole ? codesOf(term, 0) : term.blockMax;
  const count = isWhole ? lengthOf(term, 0) : term.blockCount;
  if (wanted * 2 > <i64>count) return 0;
  let low = 0;
  for (let step = 128; step > 0; step >>= 1) {
    const code = low + step;
    if (code < <i32>EXCEPTION && <i64>countFrom(codes, count, code) >= wanted) low = code;
  }
  return low > 0 ? leastFrom(term, low) : 0;
}
