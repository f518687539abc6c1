/** Random documents and search bodies from a seed, over few words and values so that ties and overlaps are common. */
import type { Seeded } from '../support/seeded.ts';
import { randomQuery } from './random-queries.ts';
import { date, NOW_MS, TAGS, text } from './random-values.ts';

type Json = Record<string, unknown>;

const SORTABLE = ['_score', '_doc', 'tag', 'year', 'price', 'open', 'at', 'title.keyword', 'missing'];

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

/** A search body with a query, a page, and perhaps a sort. */
export function randomSearch(random: Seeded): Json {
  const body: Json = { query: randomQuery(random), from: random.below(4) * 3, size: random.below(30) };
  if (random.chance(0.4)) body['sort'] = random.list(1 + random.below(3), () => randomSort(random));
  else if (random.chance(0.1)) Object.assign(body, { from: 0, search_after: [random.pick([0.5, 1, 2.5])] });
  if (random.chance(0.2)) body['min_score'] = random.pick([0.5, 1, 2]);
  if (random.chance(0.2)) body['track_scores'] = true;
  if (random.chance(0.2)) body['track_total_hits'] = random.pick<unknown>([false, 10, true]);
  if (random.chance(0.3)) body['_source'] = random.pick<unknown>([false, 'title', ['t*'], { excludes: ['body'] }]);
  if (random.chance(0.3)) body['highlight'] = { fields: { '*': {} } };
  if (random.chance(0.1)) body['post_filter'] = randomQuery(random, 1);
  if (random.chance(0.1)) body['version'] = true;
  return body;
}

/** The moment of random searches. */
export const SEARCH_NOW_MS = NOW_MS;

function randomSort(random: Seeded): unknown {
  const field = random.pick(SORTABLE);
  const order = random.pick(['asc', 'desc']);
  if (field.startsWith('_') || (field !== 'missing' && random.chance(0.4))) return { [field]: order };
  const mode = random.pick(['min', 'max']);
  const missing = random.pick(['_first', '_last']);
  return {
    [field]: { order, missing: random.chance(0.3) ? valueOf(field, random) : missing, mode, unmapped_type: 'long' },
  };
}

function valueOf(field: string, random: Seeded): unknown {
  if (field === 'tag' || field === 'title.keyword') return random.pick(TAGS);
  if (field === 'open') return random.chance(0.5);
  if (field === 'at') return date(random);
  return 1992 + random.below(4);
}
