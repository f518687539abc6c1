/**
 * The best hits of a call: a binary heap with the worst hit on top. A hit is one 64-bit number, the bits of its score
 * (floats that are not negative are ordered like their bits) above the complement of its ordinal, so that a greater
 * number is a better hit. Documents come by rising ordinals, so one that equals the worst score never replaces it.
 */
import { Query } from './records.ts';

let heap: usize = 0;
let count: i32 = 0;
let limit: i32 = 0;

/** Only scores above this are kept. It rises once `limit` hits are held. */
export let threshold: f32 = -Infinity;

/** Begins a call. `seed`: a score that at least `limit` documents are known to reach, or 0. */
export function resetHits(query: Query, seed: f32): void {
  heap = query.hits;
  limit = query.limit;
  count = 0;
  threshold = query.floor;
  raiseTo(seed);
}

/** Makes use of a score that at least `limit` documents are known to reach. */
export function raiseTo(seed: f32): void {
  // The float below, so that a document with the very score is kept.
  if (seed > 0) threshold = max(threshold, reinterpret<f32>(reinterpret<i32>(seed) - 1));
}

/** Keeps a hit if it is among the best so far. */
export function push(doc: i32, exact: f64): void {
  const score = <f32>exact;
  if (score <= threshold) return;
  const hit = ((<u64>reinterpret<u32>(score)) << 32) | <u64>~(<u32>doc);
  if (count < limit) {
    rise(count++, hit);
    if (count < limit) return;
  } else {
    sink(hit, count);
  }
  threshold = max(threshold, scoreOf(load<u64>(heap)));
}

/** The worst score that is kept, if as many are kept as can be; else 0. */
export function leastKept(): f32 {
  return count == limit ? scoreOf(load<u64>(heap)) : 0;
}

/** Keeps a document if its key, in place of a score, is among the greatest so far. Not below `leastKey`. */
export function pushKey(doc: i32, key: u32): void {
  const hit = ((<u64>key) << 32) | <u64>~(<u32>doc);
  if (count < limit) rise(count++, hit);
  else sink(hit, count);
}

/** The least key that the next document, which is a later one, may have to be kept. */
export function leastKey(): i64 {
  return count < limit ? 0 : <i64>(load<u64>(heap) >> 32) + 1;
}

/** Sorts the hits, best first, and tells how many there are. */
export function sortHits(query: Query): void {
  for (let end = count - 1; end > 0; end--) {
    const last = load<u64>(heap + ((<usize>end) << 3));
    store<u64>(heap + ((<usize>end) << 3), load<u64>(heap));
    sink(last, end);
  }
  query.hitCount = count;
}

function scoreOf(hit: u64): f32 {
  return reinterpret<f32>(<u32>(hit >> 32));
}

function rise(from: i32, hit: u64): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = load<u64>(heap + ((<usize>parent) << 3));
    if (above < hit) break;
    store<u64>(heap + ((<usize>at) << 3), above);
    at = parent;
  }
  store<u64>(heap + ((<usize>at) << 3), hit);
}

/** Puts a hit in place of the worst of the first `end`. */
function sink(hit: u64, end: i32): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= end) break;
    let below = load<u64>(heap + ((<usize>child) << 3));
    if (child + 1 < end) {
      const other = load<u64>(heap + ((<usize>child) << 3), 8);
      if (other < below) {
        below = other;
        child++;
      }
    }
    if (below > hit) break;
    store<u64>(heap + ((<usize>at) << 3), below);
    at = child;
  }
  store<u64>(heap + ((<usize>at) << 3), hit);
}
