/**
 * What a posting adds to the accumulator of its document while a window is worked on: its score in quanta, rounded up,
 * and `step` for the posting itself. A quantum is a power of two, so a sum of quanta is never below the sum of scores
 * that it stands for. With `step` above every sum of quanta, a document with `n` of the terms has at least `n * step`
 * and less than `(n + 1) * step`; without (0) it has at least 1.
 */
import { Query, Term, termAt } from './records.ts';

const MOST: f64 = 65_535;
/** Below, so little is left for scores that they are left out. */
const LEAST_STEP: i32 = 64;

/** Worth of one quantum; 0 if accumulators only count. */
export let quantum: f64 = 0;

/** What each posting adds besides its score. */
export let step: i32 = 0;

/** Chooses `step` and `quantum`, and fills the tables of all terms. */
export function fillQuanta(query: Query, isScored: bool): void {
  const count = query.termCount;
  step = query.minimum > 1 ? 65_535 / (count + 1) : 0;
  const room = step > 0 ? <f64>(step - 1 - count) : MOST - <f64>count;
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += <f64>termAt(query.terms, i).weight;
  quantum = isScored && (step == 0 || step >= LEAST_STEP + count) ? powerNotBelow(sum / room) : 0;
  for (let i = 0; i < count; i++) {
    const term = termAt(query.terms, i);
    if (term.ownsTables) fillTable(term);
  }
}

/** The least accumulator of a document with `count` terms or more and a score of more than `score` from them. */
export function leastSum(count: i32, score: f64): u32 {
  const least = step > 0 ? count * step : 1;
  if (quantum == 0 || score < 0) return least;
  // A little less than `score`, which is itself a difference of floats.
  const quanta = floor((score * (1 - 1e-12)) / quantum) + 1;
  return <u32>min(<f64>(step > 0 ? least : 0) + quanta, MOST + 1);
}

/** The greatest score that an accumulator can stand for. `otherwise` is what is known without it. */
export function scoreOfSum(sum: u32, otherwise: f64): f64 {
  if (quantum == 0) return otherwise;
  return min(<f64>(step > 0 ? sum % <u32>step : sum) * quantum, otherwise);
}

/** No score is above the weight, of which `quantum` leaves room for all terms. */
function fillTable(term: Term): void {
  const per = f64x2.splat(quantum == 0 ? 0 : 1 / quantum);
  const base = i16x8.splat(<i16>(step > 0 ? step : quantum == 0 ? 1 : 0));
  for (let code: usize = 0; code < 256; code += 8) {
    const scores = term.scores + (code << 3);
    const low = fourQuanta(v128.load(scores), v128.load(scores, 16), per);
    const high = fourQuanta(v128.load(scores, 32), v128.load(scores, 48), per);
    v128.store(term.quanta + (code << 1), i16x8.add(i16x8.narrow_i32x4_u(low, high), base));
  }
}

function fourQuanta(low: v128, high: v128, per: v128): v128 {
  const lower = i32x4.trunc_sat_f64x2_s_zero(f64x2.ceil(f64x2.mul(low, per)));
  const upper = i32x4.trunc_sat_f64x2_s_zero(f64x2.ceil(f64x2.mul(high, per)));
  return v128.shuffle<i64>(lower, upper, 0, 2);
}

/** The least power of two that is not below a number; at least 2^-900. */
function powerNotBelow(value: f64): f64 {
  const bits = reinterpret<u64>(max(value, reinterpret<f64>((<u64>123) << 52)));
  const power = bits & 0x7ff0_0000_0000_0000;
  return reinterpret<f64>(power == bits ? power : power + 0x0010_0000_0000_0000);
}
