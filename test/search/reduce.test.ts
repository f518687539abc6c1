import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { slotOf } from '../../src/actor/slots.ts';
import { readFloat32, readFloat64 } from '../../src/search/columns.ts';
import { type Mappings, mergeMappings } from '../../src/search/mapping.ts';
import { type FromShard, mergeHits } from '../../src/search/merge-hits.ts';
import { mergeStatistics } from '../../src/search/merge-statistics.ts';
import type { FetchedHit, ShardHits } from '../../src/search/partials.ts';
import {
  type AnswerContext,
  countAnswer,
  fetchBodies,
  isOneRound,
  joinFetched,
  type SearchAnswer,
  searchAnswer,
} from '../../src/search/reduce.ts';
import { bindRequest } from '../../src/search/request/bind-request.ts';
import { parseCount, parseSearch, type SearchRequest } from '../../src/search/request/search-request.ts';
import { countShard, fetchHits, searchShard, shardStatistics, stopInTime } from '../../src/search/shard-search.ts';
import type { SearchState } from '../../src/search/state.ts';
import { decode, encode } from '../../src/wire/codec.ts';
import { Seeded } from '../support/seeded.ts';
import { assertFault, faultOf } from './faults.ts';
import { randomDocument, randomSearch, SEARCH_NOW_MS } from './random-bodies.ts';
import { ShardDriver, type SharedHolder, sharedOf } from './shard-driver.ts';

const test = suite('search/reduce');

const SEEDS = Number(process.env['REDUCE_SEEDS'] ?? 3);
/** More than a search looks at before it asks whether it should stop. */
const DOC_COUNT = 40_000;
const NO_HITS = { isLowerBound: false, timedOut: false, profiles: [] };

const SETTINGS = { mappings: { properties: { tag: { type: 'keyword' } } } };

/** One index in several shards, and the same in one. */
class TwoIndices {
  readonly sharded: ShardDriver[];
  readonly whole: ShardDriver;
  #seq = 0;

  constructor(shards: number) {
    const holder: SharedHolder = sharedOf(SETTINGS);
    this.sharded = Array.from({ length: shards }, () => new ShardDriver(holder, SETTINGS));
    this.whole = new ShardDriver(sharedOf(SETTINGS), SETTINGS);
  }

  write(id: string, doc: Record<string, unknown> | undefined): void {
    const command = doc === undefined ? ({ op: 'delete', id } as const) : ({ op: 'index', id, doc } as const);
    const shard = this.sharded[slotOf(id) % this.sharded.length];
    const seq = ++this.#seq;
    shard?.write(command, seq);
    this.whole.write(command, seq);
  }
}

/** What a root does, without the network; everything travels as bytes. */
function search(states: readonly SearchState[], parsed: SearchRequest): SearchAnswer {
  const nowMs = SEARCH_NOW_MS;
  const request = bindRequest({ ...parsed, nowMs }, { mappings: wholeMappings(states), nowMs });
  const travel = <T>(value: T): T => decode(encode(value, 'msgpack'), 'msgpack') as T;
  const asked = travel(request);
  const statistics =
    request.searchType === 'dfs_query_then_fetch'
      ? mergeStatistics(states.map((state) => travel(shardStatistics(state, asked))))
      : undefined;
  const body = { request: asked, sources: isOneRound(request), ...(statistics === undefined ? {} : { statistics }) };
  const partials = states.map((state, shard) => ({ shard, value: travel(searchShard(state, body)) }));
  const merged = mergeHits(request, partials);
  if (isOneRound(request)) return searchAnswer(request, merged, context(states.length));
  const fetched = [...fetchBodies(request, merged.hits, statistics)].flatMap(([shard, fetch]) => {
    const state = states[shard];
    return state === undefined ? [] : [{ shard, value: travel(fetchHits(state, travel(fetch))) }];
  });
  return searchAnswer(request, joinFetched(merged, fetched), context(states.length));
}

/** Hits with no more of their explanations than the score: the rest names what a shard has. */
function comparable({ hits }: SearchAnswer): unknown {
  return { ...hits, hits: hits.hits.map(({ _explanation: why, ...hit }) => ({ ...hit, explained: why?.value })) };
}

/** The fields of all shards, as the registry has them. */
function wholeMappings(states: readonly SearchState[]): Mappings {
  return states.map(({ mappings }) => mappings).reduce(mergeMappings);
}

function context(shardCount: number, more: Partial<AnswerContext> = {}): AnswerContext {
  return { index: 'books', tookMs: 3, shardCount, failures: [], ...more };
}

test('a sharded index answers as an unsharded one, hit by hit and score by score', () => {
  let compared = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = new Seeded(seed);
    const indices = new TwoIndices(2 + random.below(5));
    for (let i = 0; i < 250; i++)
      indices.write(String(random.below(200)), random.chance(0.15) ? undefined : randomDocument(random));
    const states = indices.sharded.map(({ primary }) => primary);
    for (let i = 0; i < 50; i++) {
      const body: Record<string, unknown> = { ...randomSearch(random), search_type: 'dfs_query_then_fetch' };
      if (random.chance(0.05)) body['explain'] = true;
      const request = parseSearch(body);
      const [sharded, whole] = [search(states, request), search([indices.whole.primary], request)];
      assert.equal(comparable(sharded), comparable(whole), `seed ${seed}, query ${i}: ${JSON.stringify(body)}`);
      compared += sharded.hits.hits.length;
      // Without statistics of the whole index every shard picks expansions, and scores, by itself.
      if (/max_expansions|min_score/.test(JSON.stringify(body))) continue;
      const count = { ...parseCount({ query: body['query'] }), nowMs: SEARCH_NOW_MS };
      const counted = states.map((state, shard) => ({ shard, value: countShard(state, count) }));
      assert.is(
        countAnswer(count, counted, context(states.length)).count,
        countShard(indices.whole.primary, count).count,
        `seed ${seed}, count ${i}: ${JSON.stringify(body)}`,
      );
    }
  }
  assert.ok(compared > SEEDS * 200, `only ${compared} hits were compared`);
});

test('pages follow each other without gaps or repeats', () => {
  const random = new Seeded(9);
  const indices = new TwoIndices(4);
  for (let i = 0; i < 120; i++) indices.write(String(i), randomDocument(random));
  const states = indices.sharded.map(({ primary }) => primary);
  for (const sort of [undefined, ['year'], [{ tag: 'desc' }, '_score']]) {
    const body = { query: { match_all: {} }, ...(sort === undefined ? {} : { sort }) };
    const pages = Array.from(
      { length: 12 },
      (_, page) => search(states, parseSearch({ ...body, from: page * 10, size: 10 })).hits.hits,
    ).flat();
    const all = search(states, parseSearch({ ...body, size: 120 })).hits.hits;
    assert.equal(pages, all);
    assert.is(new Set(all.map(({ _id }) => _id)).size, 120);
  }
});

test("the answer has the shape of Elasticsearch's", () => {
  const indices = new TwoIndices(2);
  indices.write('1', { title: 'the white whale', year: 1851 });
  indices.write('2', { title: 'a sea' });
  const states = indices.sharded.map(({ primary }) => primary);
  const answer = search(
    states,
    parseSearch({ query: { match: { title: 'whale' } }, highlight: { fields: { title: {} } } }),
  );
  const score = answer.hits.max_score;
  assert.ok(typeof score === 'number' && score > 0);
  assert.equal(answer, {
    took: 3,
    timed_out: false,
    _shards: { total: 2, successful: 2, skipped: 0, failed: 0 },
    hits: {
      total: { value: 1, relation: 'eq' },
      max_score: score,
      hits: [
        {
          _index: 'books',
          _id: '1',
          _score: score,
          _source: { title: 'the white whale', year: 1851 },
          highlight: { title: ['the white <em>whale</em>'] },
        },
      ],
    },
  });
  const sorted = search(states, parseSearch({ sort: [{ year: 'desc' }], _source: false }));
  assert.equal(sorted.hits, {
    total: { value: 2, relation: 'eq' },
    max_score: null,
    hits: [
      { _index: 'books', _id: '1', _score: null, sort: [1851] },
      { _index: 'books', _id: '2', _score: null, sort: [null] },
    ],
  });
  assert.equal(search(states, parseSearch({ query: { match: { title: 'x' } } })).hits, {
    total: { value: 0, relation: 'eq' },
    max_score: null,
    hits: [],
  });
  assert.equal(search(states, parseSearch({ size: 0, track_total_hits: 1 })).hits, {
    total: { value: 1, relation: 'gte' },
    max_score: null,
    hits: [],
  });
  assert.equal(search(states, parseSearch({ size: 0, track_total_hits: false })).hits, { max_score: null, hits: [] });
});

test('a partial answer says what is missing', () => {
  const indices = new TwoIndices(1);
  indices.write('1', { title: 'whale' });
  const partials: FromShard<ShardHits>[] = [
    { shard: 0, value: searchShard(indices.whole.primary, { request: parseSearch({}), sources: true }) },
  ];
  const failures = [{ shard: 1, node: 'n1', error: { code: 'DEADLINE_EXCEEDED', message: 'too late' } }];
  const request = parseSearch({});
  const answer = searchAnswer(request, mergeHits(request, partials), context(2, { failures }));
  assert.is(answer.timed_out, true);
  assert.equal(answer.hits.total, { value: 1, relation: 'gte' });
  assert.equal(answer._shards, {
    total: 2,
    successful: 1,
    skipped: 0,
    failed: 1,
    failures: [
      { shard: 1, index: 'books', node: 'n1', status: 504, reason: { type: 'timeout_exception', reason: 'too late' } },
    ],
  });
});

test('a search that runs out of time gives what it has, and says so', () => {
  const shard = new ShardDriver(sharedOf(SETTINGS), SETTINGS);
  for (let i = 0; i < DOC_COUNT; i++) {
    const fields = { tag: [`tag ${i % 7}`] };
    shard.primary.engine.put({
      id: String(i),
      source: {},
      fields,
      version: 1,
      seqNo: i,
      primaryTerm: 1,
      position: i + 1,
    });
  }
  const request = parseSearch({ query: { exists: { field: 'tag' } }, sort: ['tag'], track_total_hits: true });
  const time = { shouldStop: () => true, nowMs: () => 0 };
  const value = searchShard(shard.primary, { request, sources: true }, time);
  const merged = mergeHits(request, [{ shard: 0, value }]);
  const answer = searchAnswer(request, merged, context(1));
  assert.is(answer.timed_out, true);
  assert.is(answer.hits.total?.relation, 'gte');
  assert.ok(merged.total > 0 && merged.total < DOC_COUNT);
  assertFault(
    () => searchAnswer({ ...request, allowPartialResults: false }, merged, context(1)),
    'SEARCH_INCOMPLETE',
    'time ran out before every document was looked at',
  );
});

test('a search ends before its caller stops waiting', () => {
  let remainingMs = 1000;
  const { shouldStop } = stopInTime(() => remainingMs);
  assert.not(shouldStop());
  remainingMs = 101;
  assert.not(shouldStop());
  remainingMs = 100;
  assert.ok(shouldStop());
});

test('a search ends when its time is over, if that is sooner', () => {
  let remainingMs = 500;
  const [none, short, long] = [0, 20, 1000].map((timeoutMs) => stopInTime(() => remainingMs, timeoutMs).shouldStop);
  assert.equal([none?.(), short?.(), long?.()], [true, false, false]);
  remainingMs = 480;
  assert.equal([none?.(), short?.(), long?.()], [true, true, false]);
  remainingMs = 75;
  assert.equal([none?.(), short?.(), long?.()], [true, true, true]);
});

test('an answer that must not be given is an error', () => {
  const lost = (shard: number) => ({
    shard,
    error: { code: 'SHARD_UNAVAILABLE', message: `shard ${shard} has no live copy` },
  });
  const answer = (body: unknown, more: Partial<AnswerContext>) => () =>
    searchAnswer(parseSearch(body), { ...NO_HITS, total: 0, maxScore: null, hits: [] }, context(2, more));
  const all = faultOf(answer({}, { failures: [lost(0), lost(1)] }));
  assert.is(all.code, 'SEARCH_INCOMPLETE');
  assert.is(all.message, 'all shards failed: shard 0 has no live copy');
  const { failures } = all.details ?? {};
  assert.is(Array.isArray(failures) && failures.length, 2);
  assertFault(
    answer({ allow_partial_search_results: false }, { failures: [lost(1)] }),
    'SEARCH_INCOMPLETE',
    '1 of 2 shards failed: shard 1 has no live copy',
  );
  const fault = { shard: 1, error: { code: 'BAD_REQUEST', message: 'field [year] is no text' } };
  assertFault(answer({}, { failures: [lost(0), fault] }), 'BAD_REQUEST', 'field [year] is no text');
});

test('a hit whose document is gone, or whose shard fell silent, is left out', () => {
  const hit = (shard: number, id: string) => ({ shard, id, score: 1, position: shard });
  const fetchedHit = (source: unknown): FetchedHit => ({ source });
  const merged = { ...NO_HITS, total: 3, maxScore: 1, hits: [hit(0, 'a'), hit(1, 'b'), hit(0, 'c'), hit(2, 'd')] };
  const joined = joinFetched(merged, [
    { shard: 0, value: { hits: [null, fetchedHit('C')] } },
    { shard: 1, value: { hits: [fetchedHit('B')] } },
  ]);
  assert.equal(
    joined.hits.map(({ id, fetched }) => [id, fetched?.source]),
    [
      ['b', 'B'],
      ['c', 'C'],
    ],
  );
});

test('columns are read from bytes that begin anywhere', () => {
  const bytes = new Uint8Array(13);
  bytes.set(new Uint8Array(new Float64Array([2 ** 40 + 1]).buffer), 3);
  assert.equal([...readFloat64(bytes.subarray(3, 11))], [2 ** 40 + 1]);
  bytes.set(new Uint8Array(new Float32Array([1.5, -2]).buffer), 1);
  assert.equal([...readFloat32(bytes.subarray(1, 9))], [1.5, -2]);
});

test.run();
