/** Sorted searches by the kernel and by the documents that come first give what the reference evaluator does. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineHits, EngineSearch, Schema, SortKey } from '../../../src/engine/engine.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import type { FieldValue, Query } from '../../../src/engine/query/query.ts';
import { searchParts } from '../../../src/engine/query/search-parts.ts';
import { Seeded } from '../../support/seeded.ts';
import { type PartsShard, regions } from '../parts-shard.ts';
import { documentOf, smallShard } from './small-shard.ts';

const test = suite('engine/query/search-sorted');
const kernel = createSearchKernel(regions);

const SCHEMA: Schema = {
  text: 'text',
  group: 'keyword',
  day: 'date',
  small: 'long',
  wide: 'long',
  same: 'long',
  real: 'double',
  open: 'boolean',
  rare: 'long',
};
const FIELDS = ['group', 'day', 'small', 'wide', 'same', 'real', 'open', 'rare', '_doc'];
/** Words by falling frequency. */
const WORDS = ['oak', 'ash', 'elm', 'fir', 'yew', 'box'];
const DAY_MS = 86_400_000;

/** Segments of some thousands of documents, each without a tenth of them, and a small head. */
function randomShard(random: Seeded): PartsShard {
  const shard = smallShard(SCHEMA, [], { kernel });
  let position = 0;
  for (const [part, size] of [3000, 5000, 700, 60].entries()) {
    for (let i = 0; i < size; i++) shard.put(documentOf(position++, randomFields(random, part)));
    if (part < 3) shard.flush();
  }
  for (let id = 0; id < position; id++) if (random.chance(0.1)) shard.delete(String(id));
  return shard;
}

function randomFields(random: Seeded, part: number): Record<string, FieldValue> {
  const words = WORDS.filter((_, i) => random.chance(0.6 / 3 ** i));
  return {
    text: words.join(' '),
    group: `group ${random.below(20)}`,
    day: (random.below(4000) - 200 * part) * DAY_MS,
    small: random.below(6),
    wide: random.below(2 ** 31) * 3,
    same: 7,
    real: random.below(1000) / 8,
    open: random.chance(0.3),
    ...(random.chance(0.3) && { rare: random.below(50) }),
  };
}

function randomQuery(random: Seeded): Query {
  const match = (): Query => {
    const text = random.list(1 + random.below(3), () => random.pick(WORDS)).join(' ');
    return { kind: 'match', field: 'text', text, operator: random.pick(['or', 'and'] as const) };
  };
  const filter = (): Query =>
    random.chance(0.5)
      ? { kind: 'term', field: 'group', value: `group ${random.below(20)}` }
      : { kind: 'range', field: 'small', bounds: { gte: random.below(6) } };
  const kind = random.below(6);
  if (kind === 0) return { kind: 'bool', must: [match()], filter: [filter()] };
  if (kind === 1) return { kind: 'bool', must: [match()], mustNot: [filter()] };
  if (kind === 2) return { kind: 'bool', filter: [filter()] };
  if (kind === 3) return { kind: 'phrase', field: 'text', text: 'oak ash' };
  return match();
}

function randomSort(random: Seeded): SortKey[] {
  const key = (): SortKey => ({
    field: random.pick(FIELDS),
    order: random.pick(['asc', 'desc'] as const),
    ...(random.chance(0.2) && { missing: '_first' }),
  });
  return random.chance(0.8) ? [key()] : [key(), key()];
}

/** What an answer is compared by; totals as far as they are exact. */
function told({ ordinals, sortValues, total }: EngineHits, { trackTotal }: EngineSearch): unknown {
  return { ordinals: [...ordinals], sortValues, total: trackTotal === false ? undefined : total };
}

for (const seed of [1, 2]) {
  test(`pages of sorted hits are the same with the kernel and without it, seed ${seed}`, () => {
    const random = new Seeded(seed);
    const shard = randomShard(random);
    for (let i = 0; i < 150; i++) {
      const limit = random.pick([1, 5, 10, 40]);
      let search: EngineSearch = { query: randomQuery(random), sort: randomSort(random), limit };
      if (random.chance(0.4)) search = { ...search, trackTotal: false };
      for (let page = 0; page < 4; page++) {
        const plain = searchParts({ ...shard.view, kernel: undefined }, search);
        // The first time by the column, then by the documents that come first.
        for (const time of ['first', 'second', 'third'])
          assert.equal(told(shard.search(search), search), told(plain, search), `${time}: ${JSON.stringify(search)}`);
        const last = plain.sortValues?.at(-1);
        if (last === undefined || search.sort?.length !== 1) break;
        search = { ...search, searchAfter: last };
      }
    }
    shard.close();
  });
}

test('a sorted search by one key goes through the kernel, whatever it sorts by', () => {
  const shard = randomShard(new Seeded(3));
  const evaluators = (text: string, sort: SortKey) => {
    const query: Query = { kind: 'match', field: 'text', text };
    const { profile } = shard.search({ query, limit: 3, sort: [sort], profile: true });
    return profile?.parts.slice(0, 3).map(({ evaluator }) => evaluator);
  };
  for (const field of ['group', 'day', 'small', 'wide', 'same', 'open'])
    for (const text of ['oak', 'box', 'ash elm'])
      assert.equal(evaluators(text, { field, order: 'desc' }), ['kernel', 'kernel', 'kernel'], `${text} by ${field}`);
  const byReal: SortKey = { field: 'real', order: 'asc' };
  assert.is(evaluators('oak', byReal)?.[0], 'kernel, then columns');
  assert.is(evaluators('oak', byReal)?.[0], 'kernel', 'by the documents that come first');
  shard.close();
});

test.run();
