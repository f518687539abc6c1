/** Small indices of one shard and of three, and searching them as a root and its shards do. */
import { type AggregationsAnswer, aggregationsAnswer } from '../../src/search/aggregations.ts';
import { mergeHits } from '../../src/search/merge-hits.ts';
import { parseShardSearch, type ShardHits } from '../../src/search/partials.ts';
import { type SearchAnswer, searchAnswer } from '../../src/search/reduce.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import { searchShard } from '../../src/search/shard-search.ts';
import { decode, encode } from '../../src/wire/codec.ts';
import { ShardDriver, type SharedHolder, sharedOf } from './shard-driver.ts';

const SETTINGS = {
  mappings: {
    properties: {
      title: { type: 'text', fields: { keyword: { type: 'keyword' } } },
      tag: { type: 'keyword' },
      price: { type: 'double' },
      pages: { type: 'integer' },
      sold: { type: 'boolean' },
      when: { type: 'date' },
    },
  },
};
/** What `now` is in the tests. */
export const NOW = Date.UTC(2024, 5, 15, 12);

const BOOKS = [
  { title: 'ash', tag: ['red', 'wood'], price: 10, pages: 100, sold: true, when: '2024-03-30T23:30:00Z' },
  { title: 'oak', tag: ['green', 'wood'], price: 20, pages: 150, sold: false, when: '2024-03-31T10:00:00Z' },
  { title: 'elm', tag: 'red', price: 30.5, pages: 220, when: '2024-04-30T22:00:00Z' },
  { title: 'fir', price: 5, pages: 120, sold: true, when: '2024-06-01T00:00:00Z' },
  { title: 'ivy', tag: 'blue', sold: true },
] as const;

/** An index. */
export type Index = { readonly holder: SharedHolder; readonly drivers: readonly ShardDriver[] };

/** Makes an index of documents, spread over its shards. */
export function indexOf(docs: readonly object[], shardCount: number): Index {
  const holder = sharedOf(SETTINGS);
  const drivers = Array.from({ length: shardCount }, () => new ShardDriver(holder, SETTINGS));
  for (const [at, doc] of docs.entries())
    drivers[(at * 7) % shardCount]?.write({ op: 'index', id: `${at + 1}`, doc: { ...doc } }, at + 1);
  return { holder, drivers };
}

/** What a root and its shards do, all bodies sent as bytes. */
export function search({ holder, drivers }: Index, body: object): SearchAnswer {
  const request = { ...parseSearch(body), nowMs: NOW };
  const partials = drivers.map(({ primary }, shard) => {
    const asked = parseShardSearch(decode(encode({ request, sources: true }, 'msgpack'), 'msgpack'));
    return { shard, value: decode(encode(searchShard(primary, asked), 'msgpack'), 'msgpack') as ShardHits };
  });
  const { mappings } = holder.shared;
  const requested = request.aggregations;
  const given = partials.flatMap(({ value }) => (value.aggregations === undefined ? [] : [value.aggregations]));
  const aggregations =
    requested === undefined
      ? undefined
      : aggregationsAnswer(requested, given, { index: 'books', mappings, nowMs: NOW });
  const context = { index: 'books', tookMs: 1, shardCount: drivers.length, failures: [], aggregations };
  return searchAnswer(request, mergeHits(request, partials), context);
}

/** The answers to aggregations alone. */
export function answersOf(index: Index, aggs: object): AggregationsAnswer {
  return search(index, { size: 0, aggs }).aggregations ?? {};
}

/** The same documents in one shard and in three. */
export const one = indexOf(BOOKS, 1);
export const three = indexOf(BOOKS, 3);
