/**
 * The fields of the kernel's records as its driver sees them: indexes of 32-bit numbers. They are described in
 * `assembly/records.ts` and stand in the same order there.
 */

/** A query. The fields from `filledByDriver` on are the kernel's; its results are the first of them. */
export const QUERY = {
  terms: 0,
  termCount: 1,
  kind: 2,
  minimum: 3,
  endOrdinal: 4,
  filter: 5,
  filterWords: 6,
  filterCount: 7,
  target: 8,
  targetWords: 9,
  limit: 10,
  countLimit: 11,
  floor: 12,
  isExact: 13,
  slop: 14,
  hits: 15,
  order: 16,
  prefix: 17,
  window: 18,
  list: 19,
  listed: 20,
  values: 21,
  valueWidth: 22,
  flip: 23,
  leastKey: 24,
  greatestKey: 25,
  filledByDriver: 26,
  total: 27,
  hitCount: 28,
} as const;

/** One term of a query. */
export const TERM = {
  blockLast: 0,
  blockPostings: 1,
  blockPositions: 2,
  blockPositionBits: 3,
  blockMax: 4,
  blockWidth: 5,
  postings: 6,
  positions: 7,
  norms: 8,
  blockCount: 9,
  docFrequency: 10,
  hasCodes: 11,
  profile: 12,
  scores: 13,
  bounds: 14,
  quanta: 15,
  weight: 16,
  place: 17,
  ownsTables: 18,
  kthCode: 19,
  filledByDriver: 20,
} as const;

/** What is looked for by `assembly/first-documents.ts`. The last field is the result. */
export const FIRST = {
  terms: 0,
  termCount: 1,
  firstBlocks: 2,
  docFrequencies: 3,
  blockLast: 4,
  blockPostings: 5,
  blockWidth: 6,
  postings: 7,
  endOrdinal: 8,
  filter: 9,
  filterWords: 10,
  limit: 11,
  found: 12,
  foundCount: 13,
} as const;

/** `kind` of a query. */
export const KINDS = { or: 0, and: 1, phrase: 2 } as const;
