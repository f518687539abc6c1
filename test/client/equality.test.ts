/**
 * One corpus in three shards and in one: `dfs_query_then_fetch` gives the same hits with the same scores, to the last
 * bit, and the loss of any leaf changes no answer.
 */
import * as assert from 'uvu/assert';
import type { SearchAnswer } from '../../src/search/reduce.ts';
import { eventually } from '../support/eventually.ts';
import { Seeded } from '../support/seeded.ts';
import { slow } from '../support/slow.ts';
import { readWordnet, type Synset, WORDNET_MAPPINGS } from '../support/wordnet.ts';
import { assertNoErrorReported, type ClusterSuiteContext, clusterSuite } from './support/cluster-suite.ts';
import { asRecord, at } from './support/expect.ts';

const SEED = Number(process.env['COPPICE_SEED'] ?? 118);
const EVERY = 35;
const QUERIES = 200;
const BATCH = 1_000;
const SHARDED = 'sharded';
const WHOLE = 'whole';

type Body = Readonly<Record<string, unknown>> & { readonly from: number; readonly size: number };

const corpus: readonly Synset[] = [...readWordnet(EVERY)];

const test = clusterSuite('client/equality', { leaves: 3 }, async ({ client }) => {
  await client.request('index-create', SHARDED, { settings: { shards: 3, replicas: 1 }, mappings: WORDNET_MAPPINGS });
  await client.request('index-create', WHOLE, { settings: { shards: 1, replicas: 0 }, mappings: WORDNET_MAPPINGS });
  for (let from = 0; from < corpus.length; from += BATCH) {
    const operations = corpus.slice(from, from + BATCH).flatMap(({ id, ...doc }) => [{ index: { _id: id } }, doc]);
    const answers = await Promise.all([SHARDED, WHOLE].map(async (index) => client.bulk(index, operations)));
    assert.equal(
      answers.map(({ errors }) => errors),
      [false, false],
    );
  }
  // deletes and replacements leave their traces in statistics, unless these are right
  const touched = corpus.filter((_, number) => number % 11 === 0);
  const operations = touched.flatMap(({ id, ...doc }, number): readonly unknown[] =>
    number % 2 === 0 ? [{ delete: { _id: id } }] : [{ index: { _id: id } }, { ...doc, text: `${doc.text} once more` }],
  );
  await Promise.all([SHARDED, WHOLE].map(async (index) => client.bulk(index, operations)));
});

test('three shards answer two hundred queries as one does, hit for hit and score for score', async ({
  client,
  reports,
}) => {
  slow(120_000);
  const bodies = queries();
  let hitCount = 0;
  for (const body of bodies) {
    const [sharded, whole] = await Promise.all([SHARDED, WHOLE].map(async (index) => search(client, index, body)));
    assertSame(sharded, whole, body);
    hitCount += sharded?.hits.hits.length ?? 0;
  }
  assert.ok(hitCount > QUERIES, `the queries find something: ${hitCount} hits`);
  assertNoErrorReported(reports);
});

for (const lost of [1, 2, 3]) {
  test(`the loss of leaf ${lost} changes no answer`, async (context) => {
    slow(120_000);
    const { cluster, client } = context;
    await healthy(context);
    const bodies = queries().filter((_, number) => number % 5 === lost);
    const before = await Promise.all(bodies.map(async (body) => search(client, SHARDED, body)));
    await cluster.killLeaf(`leaf-${lost}`);
    for (const [number, body] of bodies.entries()) {
      const after = await search(client, SHARDED, body);
      assert.is(after._shards.failed, 0, JSON.stringify(after._shards));
      assertSame(after, before[number], body);
    }
    await cluster.startLeaf(`leaf-${lost}`);
    await healthy(context);
    for (const [number, body] of bodies.entries())
      assertSame(await search(client, SHARDED, body), before[number], body);
    const written = await client.index(SHARDED, { id: `after-${lost}`, doc: { title: 'zyzzyva' } });
    assert.is(written.result, 'created', 'every shard takes writes again');
    await client.delete(SHARDED, `after-${lost}`);
  });
}

async function search(client: ClusterSuiteContext['client'], index: string, body: Body): Promise<SearchAnswer> {
  return client.search(index, { ...body, search_type: 'dfs_query_then_fetch', track_scores: true });
}

/** Waits until every copy of the sharded index serves. */
async function healthy({ client, cluster }: ClusterSuiteContext): Promise<void> {
  await eventually(
    async () => {
      const group = cluster.context.view.group(SHARDED);
      const copies = group === undefined ? [] : cluster.context.membership.copiesOf(group, 1_500);
      // the last pulse of a leaf that was killed is still heard of
      const states = copies.filter(({ leaf }) => cluster.leafNames().includes(leaf)).map(({ state }) => state);
      const primaries = states.filter((state) => state === 'primary').length;
      return primaries === 3 && states.filter((state) => state === 'replica').length === 3;
    },
    { withinMs: 40_000, what: `green ${JSON.stringify(asRecord(await client.request('cluster-health', '_')))}` },
  );
}

/**
 * Compares two answers. Hits with equal sort values may stand in any order; of those at the end of the page, any
 * selection will do.
 */
function assertSame(actual: SearchAnswer | undefined, expected: SearchAnswer | undefined, body: Body): void {
  const shown = `seed ${SEED}: ${JSON.stringify(body)}`;
  if (actual === undefined || expected === undefined) throw new Error('an answer is missing');
  assert.equal(actual._shards.failed, 0, shown);
  assert.equal(actual.hits.total, expected.hits.total, shown);
  assert.is(actual.hits.max_score, expected.hits.max_score, shown);
  const groups = [actual, expected].map(({ hits }) => grouped(hits.hits));
  const [mine = [], theirs = []] = groups;
  assert.equal(
    mine.map(({ key, ids }) => [key, ids.length]),
    theirs.map(({ key, ids }) => [key, ids.length]),
    shown,
  );
  const isCut = (expected.hits.total?.value ?? 0) > body.from + body.size;
  for (const [place, { key, ids }] of mine.entries()) {
    const isFirst = place === 0 && body.from > 0;
    const isLast = place === mine.length - 1 && isCut;
    if (!isFirst && !isLast) assert.equal(ids.toSorted(), theirs[place]?.ids.toSorted(), `${shown} at ${key}`);
  }
}

type Group = { readonly key: string; readonly ids: string[] };

/** Neighbours with the same score and sort values. */
function grouped(hits: SearchAnswer['hits']['hits']): readonly Group[] {
  const groups: Group[] = [];
  for (const { _id, _score, sort } of hits) {
    const key = JSON.stringify(sort ?? _score);
    const last = groups.at(-1);
    if (last?.key === key) last.ids.push(_id);
    else groups.push({ key, ids: [_id] });
  }
  return groups;
}

/** Bodies over words of the corpus, the same at every call. */
function queries(): readonly Body[] {
  const random = new Seeded(SEED);
  return Array.from({ length: QUERIES }, () => ({
    query: query(random, 2),
    from: random.chance(0.2) ? random.below(30) : 0,
    size: random.pick([1, 5, 10, 30, 100]),
    ...(random.chance(0.25) ? { sort: sort(random) } : {}),
    ...(random.chance(0.1) ? { min_score: 2 } : {}),
  }));
}

function query(random: Seeded, depth: number): unknown {
  const words = (most: number): string => random.list(1 + random.below(most), () => word(random)).join(' ');
  const boost = random.chance(0.2) ? { boost: random.pick([0.5, 1.7, 3]) } : {};
  const inner = (most: number): unknown[] => random.list(random.below(most + 1), () => query(random, depth - 1));
  const kinds: readonly (() => unknown)[] = [
    () => ({ match: { text: words(4) } }),
    () => ({ match: { text: { query: words(3), operator: 'and', ...boost } } }),
    () => ({
      match: {
        [random.pick(['title', 'text', 'examples'])]: {
          query: words(5),
          minimum_should_match: random.pick(['2', '50%', '-1']),
        },
      },
    }),
    () => ({
      multi_match: { query: words(3), fields: ['title^2', 'text', 'examples'], tie_breaker: random.pick([0, 0.3]) },
    }),
    () => ({ multi_match: { query: words(2), type: 'most_fields', fields: ['title', 'text'] } }),
    () => ({ term: { words: { value: random.pick(random.pick(corpus).words), ...boost } } }),
    () => ({ term: { pos: random.pick(['noun', 'verb', 'adjective', 'adverb']) } }),
    () => ({ terms: { lexfile: random.list(3, () => random.below(45)) } }),
    () => ({ range: { lexfile: { gte: random.below(5), lt: 5 + random.below(10), ...boost } } }),
  ];
  if (depth === 0 || random.chance(0.6)) return random.pick(kinds)();
  return random.pick<() => unknown>([
    () => ({ bool: { must: [query(random, depth - 1)], should: inner(3), filter: inner(1), must_not: inner(1) } }),
    () => ({ bool: { should: [query(random, depth - 1), ...inner(3)], minimum_should_match: 1 } }),
    () => ({ dis_max: { queries: [query(random, depth - 1), ...inner(2)], tie_breaker: 0.2 } }),
    () => ({ constant_score: { filter: query(random, depth - 1), boost: 1.5 } }),
  ])();
}

function sort(random: Seeded): unknown {
  return random.pick([
    [{ lexfile: 'asc' }, '_score'],
    [{ pos: 'desc' }, { lexfile: 'asc' }],
    [{ lexfile: { order: 'desc' } }],
    ['_score', { words: 'asc' }],
  ]);
}

function word(random: Seeded): string {
  const words = random
    .pick(corpus)
    .text.split(/\W+/)
    .filter((part) => part.length > 2);
  return words.length === 0 ? 'thing' : random.pick(words);
}

test('no document came or went', async ({ client }) => {
  const touched = Math.ceil(corpus.length / 11);
  assert.is(at(await client.request('count', SHARDED, {}), 'count'), corpus.length - Math.ceil(touched / 2));
});

test.run();
