/**
 * Scores of a term by code: BM25 in float32 steps, as `score/bm25.ts` computes it. Tables are float64 because scores
 * are added up as such. A score of 0 is stored as `TINY`, so that 0 always means that a term does not occur; it is too
 * small to change any sum of float32 scores, and rounds to 0 itself.
 *
 * A profile is what the terms of one field share:
 *
 * | byte | what |
 * | --- | --- |
 * | 0 | frequency by code, u16 × 256 |
 * | 512 | length code by code, u8 × 256 |
 * | 768 | inverse length factor by length code, f32 × 256 |
 * | 1792 | frequency times factor by code, f32 × 256; filled here |
 * | 2816 | number of codes, u32; at most 255 |
 */
import { EXCEPTION, Term } from './records.ts';

const NORMS: usize = 512;
const FACTORS: usize = 768;
const IMPACTS: usize = 1792;
const CODES: usize = 2816;
/** Length code of a field of one token. */
const ONE_TOKEN: usize = 1;
/** 2^-1000. */
const TINY: f64 = 9.332636185032189e-302;

/** Score of one posting. */
export function termScore(weight: f32, frequency: u32, factor: f32): f64 {
  const impact = <f32>(<f64>frequency * <f64>factor);
  return max(<f64>(weight - weight / (<f32>1 + impact)), TINY);
}

/** Fills in what a profile derives from its tables. */
export function fillProfile(profile: usize): void {
  for (let code: usize = 0; code < 256; code++) {
    const factor = load<f32>(profile + FACTORS + ((<usize>load<u8>(profile + NORMS + code)) << 2));
    store<f32>(profile + IMPACTS + (code << 2), <f32>load<u16>(profile + (code << 1)) * factor);
  }
}

/** Inverse length factor of a document for a term. */
export function factorOf(term: Term, doc: i32): f32 {
  const norm: usize = term.hasCodes ? <usize>load<u8>(term.norms + <usize>doc) : ONE_TOKEN;
  return load<f32>(term.profile + FACTORS + (norm << 2));
}

/** Frequency that a code stands for. */
export function frequencyOfCode(term: Term, code: u32): u32 {
  return <u32>load<u16>(term.profile + ((<usize>code) << 1));
}

/** Fills the tables of scores and bounds; all alike for postings without codes. */
export function fillScores(term: Term): void {
  if (term.hasCodes) fillByImpact(term);
  else fillWith(term.scores, 0, termScore(term.weight, 1, load<f32>(term.profile + FACTORS + (ONE_TOKEN << 2))));
  fillBounds(term);
}

function fillByImpact(term: Term): void {
  const weight = f32x4.splat(term.weight);
  const one = f32x4.splat(1);
  const tiny = f64x2.splat(TINY);
  const impacts = term.profile + IMPACTS;
  const scores = term.scores;
  for (let code: usize = 0; code < 256; code += 4) {
    const score = f32x4.sub(weight, f32x4.div(weight, f32x4.add(one, v128.load(impacts + (code << 2)))));
    const upper = v128.shuffle<i32>(score, score, 2, 3, 2, 3);
    v128.store(scores + (code << 3), f64x2.pmax(f64x2.promote_low_f32x4(score), tiny));
    v128.store(scores + (code << 3), f64x2.pmax(f64x2.promote_low_f32x4(upper), tiny), 16);
  }
  // Codes that stand for nothing, and exceptions: no posting scores more than the weight.
  fillWith(scores, load<i32>(term.profile + CODES), max(<f64>term.weight, TINY));
}

function fillWith(scores: usize, from: i32, score: f64): void {
  for (let code = from; code < 256; code++) store<f64>(scores + ((<usize>code) << 3), score);
}

/** Codes rise with impact under the statistics of writing; under others the bound of a code is that of all below it. */
function fillBounds(term: Term): void {
  const scores = term.scores;
  const bounds = term.bounds;
  let bound: f64 = 0;
  for (let code: usize = 0; code < 256; code++) {
    const score = load<f64>(scores + (code << 3));
    bound = score > bound ? score : bound;
    store<f64>(bounds + (code << 3), bound);
  }
}

/** Least score of the codes from `from` on, exceptions aside: no posting with such a code scores less. */
export function leastFrom(term: Term, from: i32): f64 {
  const end = min(load<i32>(term.profile + CODES), <i32>EXCEPTION);
  let least: f64 = Infinity;
  for (let code = from; code < end; code++) least = min(least, load<f64>(term.scores + ((<usize>code) << 3)));
  return least;
}

/** Bound of a code. */
export function boundOf(term: Term, code: u32): f64 {
  return load<f64>(term.bounds + ((<usize>code) << 3));
}

/**
 * The lowest code whose bound, with `rest` added, is rounded to above `bar`: postings with a lower one need not be
 * looked at. 256 if there is none.
 */
export function lowestCodeAbove(term: Term, rest: f64, bar: f32): i32 {
  let low = 0;
  let length = 256;
  while (length > 0) {
    const half = length >>> 1;
    const isBelow = <f32>(boundOf(term, low + half) + rest) <= bar;
    low = isBelow ? low + half + 1 : low;
    length = isBelow ? length - half - 1 : half;
  }
  return low;
}
