/** Bodies mutated at random: whatever comes in, what comes out is an answer or a typed 4xx error that can be sent. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CoppiceError } from '../../src/errors.ts';
import { mergeHits } from '../../src/search/merge-hits.ts';
import { countAnswer, searchAnswer } from '../../src/search/reduce.ts';
import { bindRequest } from '../../src/search/request/bind-request.ts';
import { parseBulk } from '../../src/search/request/bulk-request.ts';
import { parseIndexCreate, parseIndexUpdate, searchSettings } from '../../src/search/request/index-request.ts';
import { parseGet, parseMultiGet } from '../../src/search/request/read-request.ts';
import { parseCount, parseSearch } from '../../src/search/request/search-request.ts';
import { completeWrite, parseWrite, type WriteDraft, type WriteOp } from '../../src/search/request/write-request.ts';
import { countShard, getDocument, searchShard, shardStatistics } from '../../src/search/shard-search.ts';
import { initialMappings, SearchState } from '../../src/search/state.ts';
import { decode, encode } from '../../src/wire/codec.ts';
import { Seeded } from '../support/seeded.ts';
import { randomDocument, randomSearch, SEARCH_NOW_MS } from './random-bodies.ts';
import { ShardDriver, sharedOf } from './shard-driver.ts';

const test = suite('search/fuzz');

const MUTATIONS = Number(process.env['FUZZ_BODIES'] ?? 8_000);
const SCALARS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -0,
  2 ** 53,
  Number.NaN,
  Infinity,
  '',
  'x',
  '-1',
  '1e999',
  'now-1d',
  'now/d',
  'AUTO:1,2',
  '2<75%',
  '(a OR "b c"~2) -d*',
  '[a TO',
  '(a|b)*&~c',
  '2024-01-01',
  '*',
  '_id',
  '_score',
  '\u0000',
  '__proto__',
  'constructor',
  '75%',
  '^2',
  'a^',
  '\ud800',
];
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  'query',
  'boost',
  'fields',
  'type',
  'a.b',
  '..',
  'title',
  'match',
  'must',
  '_id',
  'properties',
  'valueOf',
];

const BULK = {
  operations: [
    { index: { _id: '1' } },
    { title: 'ash' },
    { update: { _id: '1' } },
    { doc: { year: 1 }, doc_as_upsert: true },
    { delete: { _id: '1' } },
    { create: {} },
    { tag: ['x'] },
  ],
};
const CREATE = {
  settings: { index: { number_of_shards: 3 }, replicas: 1 },
  mappings: {
    dynamic: 'strict',
    properties: {
      a: { type: 'text', fields: { k: { type: 'keyword', ignore_above: 3 } } },
      o: { properties: { d: { type: 'date', format: 'epoch_millis' } } },
    },
  },
};
const HIGHLIGHTED = {
  query: { multi_match: { query: 'ash', fields: ['title^2', '*'] } },
  sort: [{ year: { order: 'desc', missing: '_last' } }, '_score'],
  highlight: { pre_tags: ['<b>'], fields: { title: { number_of_fragments: 0 }, '*': {} } },
  timeout: '1s',
  after: { 0: 1 },
  _source: { includes: ['t*'], excludes: ['tag'] },
};

/** Where a mutated body goes. */
class Target {
  readonly shard: ShardDriver;
  #ids = 0;

  constructor(random: Seeded) {
    const settings = { mappings: { properties: { tag: { type: 'keyword' } } } };
    this.shard = new ShardDriver(sharedOf(settings), settings);
    for (let i = 0; i < 40; i++) this.shard.write({ op: 'index', id: String(i), doc: randomDocument(random) });
  }

  search(body: unknown): void {
    const parsed = { ...parseSearch(body), nowMs: SEARCH_NOW_MS };
    const request = bindRequest(parsed, { mappings: this.shard.primary.mappings, nowMs: SEARCH_NOW_MS });
    const partial = searchShard(this.shard.primary, { request: travel(request), sources: true });
    const context = { index: 'books', tookMs: 1, shardCount: 1, failures: [] };
    checkJson(searchAnswer(request, mergeHits(request, [{ shard: 0, value: travel(partial) }]), context));
    shardStatistics(this.shard.primary, request);
  }

  count(body: unknown): void {
    const request = parseCount(body);
    countAnswer(request, [{ shard: 0, value: countShard(this.shard.primary, travel(request)) }], {
      index: 'books',
      tookMs: 1,
      shardCount: 1,
      failures: [],
    });
  }

  bulk(body: unknown): void {
    for (const item of parseBulk(body, 'books').items) {
      if ('error' in item) assert.ok(item.error.status >= 400 && item.error.status < 500);
      else this.#write(item.draft);
    }
  }

  write(op: WriteOp, body: unknown): void {
    this.#write(parseWrite(op, body).draft);
  }

  /** Decides as on the primary, then applies on both copies; rejections and refusals are fine, untyped errors are not. */
  #write(draft: WriteDraft): void {
    const command = completeWrite(draft, () => `new-${this.#ids++}`);
    try {
      this.shard.decide(command);
    } finally {
      this.shard.applyAll();
      this.shard.replicate();
    }
    checkJson(getDocument(this.shard.replica, { id: command.id, source: { enabled: true } }));
  }
}

function travel<T>(value: T): T {
  return decode(encode(value, 'msgpack'), 'msgpack') as T;
}

function checkJson(value: unknown): void {
  assert.is(JSON.stringify(decode(encode(value, 'json'), 'json')), JSON.stringify(value));
}

type Body = { readonly run: (target: Target, body: unknown) => void; readonly make: (random: Seeded) => unknown };

const BODIES: readonly Body[] = [
  { run: (target, body) => target.search(body), make: (random) => randomSearch(random) },
  { run: (target, body) => target.search(body), make: () => HIGHLIGHTED },
  { run: (target, body) => target.count(body), make: (random) => ({ query: randomSearch(random)['query'] }) },
  { run: (target, body) => target.bulk(body), make: () => BULK },
  {
    run: (target, body) => target.write('index', body),
    make: (random) => ({ id: String(random.below(50)), doc: randomDocument(random) }),
  },
  {
    run: (target, body) => target.write('create', body),
    make: (random) => ({ doc: randomDocument(random), routing: 'r' }),
  },
  {
    run: (target, body) => target.write('update', body),
    make: (random) => ({ id: String(random.below(50)), doc: randomDocument(random), upsert: randomDocument(random) }),
  },
  {
    run: (target, body) => target.write('delete', body),
    make: (random) => ({ id: String(random.below(50)), if_seq_no: 3, if_primary_term: 1 }),
  },
  { run: (_, body) => void parseGet(body), make: () => ({ id: '1', _source: ['a'], after: { 0: 5 } }) },
  {
    run: (_, body) => void parseMultiGet(body, 'books'),
    make: () => ({ docs: [{ _id: '1', _source: false }, '2'], _source_includes: 'a,b' }),
  },
  {
    run: (_, body) => void new SearchState(initialMappings(travel(searchSettings(parseIndexCreate(body))))),
    make: () => CREATE,
  },
  {
    run: (_, body) => void parseIndexUpdate(body),
    make: () => ({ settings: { replicas: 2 }, properties: CREATE.mappings.properties }),
  },
];

test('mutated bodies only ever meet typed 4xx errors', () => {
  const seed = 20_240_501;
  const random = new Seeded(seed);
  let target = new Target(random);
  const seen = { answered: 0, refused: 0 };
  for (let i = 0; i < MUTATIONS; i++) {
    if (i % 2000 === 1999) target = new Target(random);
    const { run, make } = random.pick(BODIES);
    let body: unknown = structuredClone(make(random));
    for (let edits = 1 + random.below(3); edits > 0; edits--) body = mutate(body, random);
    try {
      run(target, body);
      seen.answered++;
    } catch (error) {
      if (
        !(error instanceof CoppiceError) ||
        error.status < 400 ||
        error.status >= 500 ||
        error.message.length > 1000
      ) {
        throw new Error(
          `seed ${seed}, mutation ${i}: ${show(body)}: ${error instanceof Error ? error.stack : String(error)}`,
          { cause: error },
        );
      }
      checkJson(error.toWire());
      seen.refused++;
    }
  }
  assert.ok(seen.answered > MUTATIONS / 10 && seen.refused > MUTATIONS / 10, JSON.stringify(seen));
  assert.is(Object.keys(Object.prototype).length, 0, 'nothing leaked into prototypes');
});

/** Changes one place: replaces, removes, renames, wraps, repeats, or grafts a part from elsewhere. */
function mutate(body: unknown, random: Seeded): unknown {
  const places = placesOf(body);
  if (places.length === 0 || random.chance(0.02))
    return random.pick<unknown>([...SCALARS, [], {}, [body], { query: body }]);
  const { holder, key } = random.pick(places);
  const value: unknown = Reflect.get(holder, key);
  const replacement = random.pick<() => unknown>([
    () => random.pick(SCALARS),
    () => [],
    () => ({}),
    () => [value],
    () => [value, value],
    () => own({ [random.pick(KEYS)]: value }),
    () => own(Object.fromEntries([[random.pick(KEYS), random.pick(SCALARS)]])),
    () => graft(random.pick(places)),
    () => (typeof value === 'string' ? misspell(value, random) : value),
    () => new Uint8Array(2),
    () => nest(value, random.pick([3, 30, 70])),
  ])();
  if (Array.isArray(holder) || random.chance(0.6))
    Object.defineProperty(holder, key, { value: replacement, enumerable: true, configurable: true, writable: true });
  else rename(holder, key, random);
  return body;
}

function graft({ holder, key }: { holder: object; key: string }): unknown {
  return structuredClone(Reflect.get(holder, key));
}

function own(value: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(value));
}

function rename(holder: object, key: string, random: Seeded): void {
  const value: unknown = Reflect.get(holder, key);
  Reflect.deleteProperty(holder, key);
  if (random.chance(0.3)) return;
  const name = random.chance(0.5) ? misspell(key, random) : random.pick(KEYS);
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

function misspell(word: string, random: Seeded): string {
  const at = random.below(word.length + 1);
  return word.slice(0, at) + random.pick(['', 'x', '*', '.', '\u0000']) + word.slice(at + random.below(2));
}

function nest(value: unknown, depth: number): unknown {
  let nested = value;
  for (let i = 0; i < depth; i++) nested = i % 2 === 0 ? { bool: { must: nested } } : { a: nested };
  return nested;
}

function placesOf(value: unknown): { holder: object; key: string }[] {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [{ holder: value, key }, ...placesOf(child)]);
}

function show(body: unknown): string {
  return JSON.stringify(body)?.slice(0, 2000) ?? String(body);
}

test.run();
