/** Random queries of every kind, which fit the documents of `random-bodies.ts`. */
import type { Seeded } from '../support/seeded.ts';
import { date, misspelt, TAGS, text, WORDS } from './random-values.ts';

type Json = Record<string, unknown>;
type Make = (random: Seeded) => Json;

const TEXTS = ['title', 'body', 'author.name'];
const SOME_FIELDS = [['title^2', 'body'], ['*'], ['t*', 'author.*'], ['title', 'body', 'tag^0.5']];

/** A query; `depth` bounds how deep it nests. */
export function randomQuery(random: Seeded, depth = 2): Json {
  if (depth > 0 && random.chance(0.4)) return randomCompound(random, depth - 1);
  return random.pick(random.chance(0.3) ? FIELDS : random.chance(0.5) ? WORDY : PATTERNS)(random);
}

const boost = (random: Seeded): Json => (random.chance(0.3) ? { boost: random.pick([0.5, 2, 3.7]) } : {});
const name = (random: Seeded): Json => (random.chance(0.1) ? { _name: random.pick(['one', 'two']) } : {});
const fuzzy = (random: Seeded): Json => ({
  fuzziness: random.pick<unknown>(['AUTO', 'AUTO:2,4', 1, 2]),
  ...(random.chance(0.3) ? { prefix_length: random.below(3) } : {}),
  ...(random.chance(0.3) ? { max_expansions: 1 + random.below(3) } : {}),
});

const WORDY: readonly Make[] = [
  (random) => ({
    match: {
      [random.pick(TEXTS)]: {
        query: text(random, 3),
        operator: random.pick(['or', 'and']),
        ...boost(random),
        ...name(random),
      },
    },
  }),
  (random) => ({
    match: {
      [random.pick(TEXTS)]: { query: text(random, 4), minimum_should_match: random.pick([1, 2, '50%', '-1', '2<75%']) },
    },
  }),
  (random) => ({
    match: { [random.pick(TEXTS)]: { query: `${misspelt(random)} ${text(random, 1)}`, ...fuzzy(random) } },
  }),
  (random) => ({
    match_phrase: { [random.pick(TEXTS)]: { query: text(random, 3), slop: random.below(3), ...boost(random) } },
  }),
  (random) => ({
    match_phrase_prefix: {
      [random.pick(TEXTS)]: {
        query: `${text(random, 2)} ${random.pick(['p', 'el', 'oak'])}`,
        max_expansions: 1 + random.below(3),
      },
    },
  }),
  (random) => ({
    match_bool_prefix: {
      [random.pick(TEXTS)]: { query: `${text(random, 2)} ${random.pick(['p', 'e'])}`, ...name(random) },
    },
  }),
  (random) => ({
    multi_match: {
      query: text(random, 2),
      fields: random.pick(SOME_FIELDS),
      tie_breaker: random.pick([0, 0.3]),
      ...boost(random),
    },
  }),
  (random) => ({ multi_match: { query: text(random, 2), type: 'most_fields', ...boost(random) } }),
  (random) => ({
    multi_match: {
      query: text(random, 3),
      type: 'cross_fields',
      fields: random.pick(SOME_FIELDS),
      operator: random.pick(['or', 'and']),
    },
  }),
  (random) => ({
    multi_match: {
      query: text(random, 2),
      type: random.pick(['phrase', 'phrase_prefix']),
      fields: ['title', 'body^2'],
    },
  }),
  (random) => ({ multi_match: { query: text(random, 2), type: 'bool_prefix', fields: ['title', 'body^2', 'tag'] } }),
  (random) => ({
    query_string: {
      query: queryString(random),
      ...(random.chance(0.5) ? { fields: random.pick(SOME_FIELDS) } : { default_field: random.pick(TEXTS) }),
      default_operator: random.pick(['or', 'and']),
      ...name(random),
    },
  }),
];

const FIELDS: readonly Make[] = [
  (random) => ({ term: { tag: { value: random.pick(TAGS), ...boost(random), ...name(random) } } }),
  (random) => ({ term: { tag: { value: 'BLACK', case_insensitive: true, ...name(random) } } }),
  (random) => ({ term: { title: random.pick(WORDS) } }),
  (random) => ({ term: { at: date(random) } }),
  (random) => ({ terms: { tag: [random.pick(TAGS), random.pick(TAGS)], ...boost(random) } }),
  (random) => ({
    range: { year: { gte: 1990 + random.below(8), ...(random.chance(0.5) ? { lt: 1995 + random.below(5) } : {}) } },
  }),
  (random) => ({ range: { at: { lte: date(random), ...boost(random) } } }),
  () => ({ range: { at: { gte: 'now-1M/M', lt: 'now/d', time_zone: '+05:30' } } }),
  (random) => ({ range: { tag: { gte: random.pick(TAGS), ...name(random) } } }),
  (random) => ({ exists: { field: random.pick(['tag', 'author', 'price', 'missing']) } }),
  (random) => ({ ids: { values: random.list(5, () => String(random.below(200))), ...name(random) } }),
  (random) => ({ match_all: { ...boost(random) } }),
];

const PATTERNS: readonly Make[] = [
  (random) => ({
    prefix: {
      [random.pick(['title', 'tag'])]: {
        value: random.pick(['p', 'B', 'el', 'r']),
        case_insensitive: random.chance(0.5),
      },
    },
  }),
  (random) => ({
    wildcard: {
      [random.pick(['body', 'tag', 'title.keyword'])]: {
        value: random.pick(['*e*', 'e?m*', '?l*', 'B*']),
        ...boost(random),
      },
    },
  }),
  (random) => ({
    regexp: {
      [random.pick(['title', 'tag'])]: {
        value: random.pick(['p.*', '(oak|elm)s?', '~(.*e.*)', '[a-f]+']),
        ...name(random),
      },
    },
  }),
  (random) => ({
    fuzzy: { [random.pick(['title', 'body', 'tag'])]: { value: misspelt(random), ...fuzzy(random), ...boost(random) } },
  }),
];

function queryString(random: Seeded): string {
  const part = (): string =>
    random.pick([
      random.pick(WORDS),
      `"${text(random, 2)}"~${random.below(3)}`,
      `${misspelt(random)}~${random.pick(['', '1', '2'])}`,
      `title:${random.pick(WORDS)}^2`,
      `${random.pick(['e', 'pi'])}*`,
      '/[a-f].*/',
      'year:[1991 TO 1995}',
      'at:>=now-10d',
      '_exists_:tag',
      `(${random.pick(WORDS)} ${random.pick(['AND', 'OR', ''])} ${random.pick(['+', '-', ''])}${random.pick(WORDS)})`,
    ]);
  return random.list(1 + random.below(3), part).join(random.pick([' ', ' AND ', ' OR ', ' -']));
}

function randomCompound(random: Seeded, depth: number): Json {
  const one = (): Json => randomQuery(random, depth);
  const queries = (most: number): Json[] => random.list(random.below(most + 1), one);
  return random.pick<() => Json>([
    () => ({
      bool: { must: queries(2), should: queries(3), filter: queries(1), must_not: queries(1), ...name(random) },
    }),
    () => ({ bool: { should: queries(4), minimum_should_match: random.pick([1, 2, '60%', '1<50%']) } }),
    () => ({ dis_max: { queries: [one(), ...queries(2)], tie_breaker: 0.4, ...boost(random) } }),
    () => ({ constant_score: { filter: one(), boost: 1.3 } }),
    () => ({ boosting: { positive: one(), negative: one(), negative_boost: 0.4 } }),
    () => functionScore(random, one),
  ])();
}

function functionScore(random: Seeded, one: () => Json): Json {
  const make = (): Json =>
    random.pick<() => Json>([
      () => ({ weight: random.pick([0, 0.5, 3]) }),
      () => ({
        field_value_factor: {
          field: 'year',
          factor: 0.01,
          modifier: random.pick(['none', 'log1p', 'sqrt']),
          missing: 3,
        },
      }),
      () => ({ [random.pick(['gauss', 'exp', 'linear'])]: { at: { scale: '10d', offset: '1d' } } }),
      () => ({ [random.pick(['gauss', 'exp', 'linear'])]: { year: { origin: 1993, scale: 2, decay: 0.3 } } }),
      () => ({ random_score: random.chance(0.5) ? { seed: random.below(3) } : {} }),
    ])();
  const functions = random.list(random.below(3), () => ({
    ...(random.chance(0.4) ? { filter: one() } : {}),
    ...make(),
  }));
  return {
    function_score: {
      query: one(),
      functions,
      score_mode: random.pick(['multiply', 'sum', 'avg', 'first', 'max', 'min']),
      boost_mode: random.pick(['multiply', 'replace', 'sum', 'avg', 'max', 'min']),
      ...(random.chance(0.2) ? { min_score: 0.5 } : {}),
      ...(random.chance(0.2) ? { max_boost: 2 } : {}),
    },
  };
}
