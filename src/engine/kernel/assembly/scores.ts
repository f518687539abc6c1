/**
 * Scores of a term by code: BM25 in float32 steps, as `score/bm25.ts` computes it. They are float64 because they are
 * added up as such. A score of 0 is told as `TINY`, so that 0 always means that a term does not occur; it is too small
 * to change any sum of float32 scores, and rounds to 0 itself. A term that is alone has its few scores worked out as they
 * are needed; others have tables of them.
 *
 * A profile is what the terms of one field share. Scores rise with impacts, whatever the weight.
 *
 * | byte | what |
 * | --- | --- |
 * | 0 | frequency by code, u16 × 256 |
 * | 512 | length code by code, u8 × 256 |
 * | 768 | inverse length factor by length code, f32 × 256 |
 * | 1792 | impact by code, f32 × 256: frequency times factor; infinite for codes that stand for nothing, and exceptions |
 * | 2816 | greatest impact up to a code, f32 × 256 |
 * | 3840 | least impact from a code on, f32 × 256 |
 * | 4864 | number of codes, u32; at most 255. 0: postings have none, and all are of frequency 1 and length 1 |
 * | 4868 | whether impacts rise with codes, u32 |
 *
 * From 1792 on all but the number of codes is filled here.
 */
import { Term } from './records.ts';

const NORMS: usize = 512;
const FACTORS: usize = 768;
const IMPACTS: usize = 1792;
const GREATEST: usize = 2816;
const LEAST: usize = 3840;
const CODES: usize = 4864;
const IS_RISING: usize = 4868;
/** Length code of a field of one token. */
const ONE_TOKEN: usize = 1;
/** 2^-1000. */
const TINY: f64 = 9.332636185032189e-302;

/** Score of one posting. */
export function termScore(weight: f32, frequency: f64, factor: f32): f64 {
  return scoreOfImpact(weight, <f32>(frequency * <f64>factor));
}

function scoreOfImpact(weight: f32, impact: f32): f64 {
  return max(<f64>(weight - weight / (<f32>1 + impact)), TINY);
}

/** Fills in what a profile derives from its tables. */
export function fillProfile(profile: usize): void {
  const size = load<i32>(profile + CODES);
  let greatest: f32 = 0;
  let isRising = true;
  for (let code = 0; code < 256; code++) {
    const impact = impactOf(profile, size, code);
    isRising = isRising && impact >= greatest;
    greatest = max(greatest, impact);
    store<f32>(profile + IMPACTS + ((<usize>code) << 2), impact);
    store<f32>(profile + GREATEST + ((<usize>code) << 2), greatest);
  }
  store<u32>(profile + IS_RISING, u32(isRising));
  let least: f32 = Infinity;
  for (let code = 255; code >= 0; code--) {
    least = min(least, load<f32>(profile + IMPACTS + ((<usize>code) << 2)));
    store<f32>(profile + LEAST + ((<usize>code) << 2), least);
  }
}

function impactOf(profile: usize, size: i32, code: i32): f32 {
  if (size == 0) return load<f32>(profile + FACTORS + (ONE_TOKEN << 2));
  if (code >= size) return Infinity;
  const factor = load<f32>(profile + FACTORS + ((<usize>load<u8>(profile + NORMS + <usize>code)) << 2));
  return <f32>load<u16>(profile + ((<usize>code) << 1)) * factor;
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

/**
 * Fills the tables of scores and bounds, unless they are another term's. With a `scale` both are bounds for documents whose
 * frequency is up to so many times that of the term.
 */
export function fillScores(term: Term, scale: f32): void {
  if (term.ownsTables) fillTable(term.weight, term.profile + IMPACTS, scale, term.scores);
  // Under the statistics of writing, codes rise with impact; under others the bound of a code is that of all below it.
  if (load<u32>(term.profile + IS_RISING)) term.bounds = term.scores;
  else if (term.ownsTables) fillTable(term.weight, term.profile + GREATEST, scale, term.bounds);
}

function fillTable(weightOfTerm: f32, impacts: usize, scale: f32, table: usize): void {
  const weight = f32x4.splat(weightOfTerm);
  const scales = f32x4.splat(scale);
  const one = f32x4.splat(1);
  const tiny = f64x2.splat(TINY);
  for (let code: usize = 0; code < 256; code += 4) {
    const impact = f32x4.mul(v128.load(impacts + (code << 2)), scales);
    const score = f32x4.sub(weight, f32x4.div(weight, f32x4.add(one, impact)));
    const upper = v128.shuffle<i32>(score, score, 2, 3, 2, 3);
    v128.store(table + (code << 3), f64x2.pmax(f64x2.promote_low_f32x4(score), tiny));
    v128.store(table + (code << 3), f64x2.pmax(f64x2.promote_low_f32x4(upper), tiny), 16);
  }
}

/** Score of the postings with a code; of those whose frequency has no code, what they score at most. */
export function scoreOfCode(term: Term, code: u32): f64 {
  const at = <usize>code;
  if (term.hasTables) return load<f64>(term.scores + (at << 3));
  return scoreOfImpact(term.weight, load<f32>(term.profile + IMPACTS + (at << 2)));
}

/** Least score of the codes from `from` on, exceptions aside: no posting with such a code scores less. */
export function leastFrom(term: Term, from: i32): f64 {
  return scoreOfImpact(term.weight, load<f32>(term.profile + LEAST + ((<usize>from) << 2)));
}

/** Bound of a code: no posting with this code or a lower one scores more. */
export function boundOf(term: Term, code: u32): f64 {
  const at = <usize>code;
  if (term.hasTables) return load<f64>(term.bounds + (at << 3));
  return scoreOfImpact(term.weight, load<f32>(term.profile + GREATEST + (at << 2)));
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
