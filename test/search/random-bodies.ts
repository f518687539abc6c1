/** Random documents and search bodies from a seed, over few words and values so that ties and overlaps are common. */
import type { Seeded } from '../support/seeded.ts';

type Json = Record<string, unknown>;

const WORDS = ['ash', 'beech', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'maple', 'oak', 'pine', 'rowan', 'yew'];
const TAGS = ['red', 'green', 'blue', 'Black'];
const SORTABLE = ['_score', '_doc', 'tag', 'year', 'price', 'open', 'at', 'title.keyword', 'missing'];

const text = (random: Seeded, length: number): string =>
  random.list(1 + random.below(length), () => random.pick(WORDS)).join(' ');
const date = (random: Seeded): string => `2024-0${1 + random.below(3)}-1${random.below(4)}`;

/** A document; a few of them have fields of their own. */
export function randomDocument(random: Seeded): Json {
  const document: Json = {};
  if (random.chance(0.95)) document['title'] = text(random, 5);
  if (random.chance(0.7))
    document['body'] = random.list(1 + random.below(2), () => text(random, random.chance(0.1) ? 120 : 20));
  if (random.chance(0.8)) document['tag'] = random.list(1 + random.below(2), () => random.pick(TAGS));
  if (random.chance(0.8)) document['year'] = 1990 + random.below(8);
  if (random.chance(0.6)) document['price'] = 0.5 + random.below(6);
  if (random.chance(0.6)) document['open'] = random.chance(0.5);
  if (random.chance(0.6)) document['at'] = date(random);
  if (random.chance(0.05)) document['author'] = { name: text(random, 2) };
  return document;
}

/** A query that fits the documents. */
export function randomQuery(random: Seeded, depth = 2): Json {
  if (depth > 0 && random.chance(0.4)) return randomCompound(random, depth - 1);
  const boost = random.chance(0.3) ? { boost: random.pick([0.5, 2, 3.7]) } : {};
  const field = random.pick(['title', 'body', 'author.name']);
  return random.pick<() => Json>([
    () => ({ match: { [field]: { query: text(random, 3), operator: random.pick(['or', 'and']), ...boost } } }),
    () => ({ match: { [field]: { query: text(random, 4), minimum_should_match: random.pick([1, 2, '50%', '-1']) } } }),
    () => ({
      multi_match: {
        query: text(random, 2),
        fields: random.pick([['title^2', 'body'], ['*'], ['t*', 'author.*']]),
        tie_breaker: random.pick([0, 0.3]),
      },
    }),
    () => ({ multi_match: { query: text(random, 2), type: 'most_fields', ...boost } }),
    () => ({ term: { tag: { value: random.pick(TAGS), ...boost } } }),
    () => ({ term: { title: random.pick(WORDS) } }),
    () => ({ term: { at: date(random) } }),
    () => ({ terms: { tag: [random.pick(TAGS), random.pick(TAGS)] } }),
    () => ({
      range: { year: { gte: 1990 + random.below(8), ...(random.chance(0.5) ? { lt: 1995 + random.below(5) } : {}) } },
    }),
    () => ({ range: { at: { lte: date(random) } } }),
    () => ({ exists: { field: random.pick(['tag', 'author', 'price', 'missing']) } }),
    () => ({ ids: { values: random.list(5, () => String(random.below(200))) } }),
    () => ({ match_all: boost }),
  ])();
}

/** A search body with a query, a page, and perhaps a sort. */
export function randomSearch(random: Seeded): Json {
  const body: Json = { query: randomQuery(random), from: random.below(4) * 3, size: random.below(30) };
  if (random.chance(0.4)) body['sort'] = random.list(1 + random.below(3), () => randomSort(random));
  if (random.chance(0.2)) body['min_score'] = random.pick([0.5, 1, 2]);
  if (random.chance(0.2)) body['track_scores'] = true;
  if (random.chance(0.2)) body['track_total_hits'] = random.pick<unknown>([false, 10, true]);
  if (random.chance(0.3)) body['_source'] = random.pick<unknown>([false, 'title', ['t*'], { excludes: ['body'] }]);
  if (random.chance(0.3)) body['highlight'] = { fields: { '*': {} } };
  return body;
}

function randomCompound(random: Seeded, depth: number): Json {
  const queries = (most: number): Json[] => random.list(random.below(most + 1), () => randomQuery(random, depth));
  return random.pick<() => Json>([
    () => ({ bool: { must: queries(2), should: queries(3), filter: queries(1), must_not: queries(1) } }),
    () => ({ bool: { should: queries(4), minimum_should_match: random.pick([1, 2, '60%']) } }),
    () => ({ dis_max: { queries: [randomQuery(random, depth), ...queries(2)], tie_breaker: 0.4 } }),
    () => ({ constant_score: { filter: randomQuery(random, depth), boost: 1.3 } }),
  ])();
}

function randomSort(random: Seeded): unknown {
  const field = random.pick(SORTABLE);
  const order = random.pick(['asc', 'desc']);
  if (field.startsWith('_') || random.chance(0.5)) return { [field]: order };
  return { [field]: { order, missing: random.pick(['_first', '_last']), unmapped_type: 'long' } };
}
