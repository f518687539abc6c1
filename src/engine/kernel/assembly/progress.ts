/** What all ways of evaluating share: the matches counted so far, and whether they still have to be counted exactly. */
import { threshold } from './hits.ts';
import { Query } from './records.ts';

/** Matches seen. */
export let total: u32 = 0;

/** Whether every match has to be seen; else those that cannot be kept may be skipped. */
export let isCounting: bool = false;

let countLimit: u32 = 0;
let isExact: bool = false;

/** Begins a call. */
export function resetProgress(query: Query): void {
  total = 0;
  countLimit = query.countLimit;
  isExact = query.isExact != 0;
  isCounting = countLimit > 0;
}

/** Adds matches, and ends exact counting once there are more than the limit. */
export function addMatches(count: u32): void {
  total += count;
  if (total > countLimit) isCounting = false;
}

/** Only what may score above this has to be looked at. */
export function bar(): f32 {
  return isCounting || !isExact ? -Infinity : threshold;
}
