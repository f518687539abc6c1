import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkDefinition } from '../../src/actor/define.ts';
import { ShardEngine } from '../../src/engine/shard-engine.ts';
import { searchActor } from '../../src/search/actor.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import type { WriteCommand, WriteOp } from '../../src/search/request/write-request.ts';
import { getDocument, searchShard, shardInfo } from '../../src/search/shard-search.ts';
import { WHOLE_SOURCE } from '../../src/search/source-filter.ts';
import { MAX_TOMBSTONES, type SearchState } from '../../src/search/state.ts';
import { Seeded } from '../support/seeded.ts';
import { assertFault } from './faults.ts';
import { ShardDriver, sharedOf } from './shard-driver.ts';

const test = suite('search/actor');

function driver(settings?: unknown): ShardDriver {
  return new ShardDriver(sharedOf(settings), settings);
}

const sourceOf = (state: SearchState, id: string): unknown => getDocument(state, { id, source: WHOLE_SOURCE })._source;

test('the definition is one that the runtime takes', () => {
  assert.is(checkDefinition(searchActor), searchActor);
  assert.equal(Object.keys(searchActor.endpoints).sort(), [
    'count',
    'explain',
    'fetch',
    'get',
    'info',
    'mget',
    'search',
    'statistics',
    'write',
  ]);
});

test('endpoints refuse a body of another shape', () => {
  const { write, search, get, fetch } = searchActor.endpoints;
  assertFault(() => write?.parse?.({ op: 'put', id: '1', routing: '1' }), 'BAD_REQUEST', /^op: /);
  assertFault(() => write?.parse?.({ op: 'index', id: '', routing: '1' }), 'BAD_REQUEST', /^id: /);
  const poison = JSON.parse('{"op":"index","id":"1","routing":"1","doc":{"a":{"__proto__":1}}}') as unknown;
  assertFault(() => write?.parse?.(poison), 'MAPPING_FAILED', 'field name [__proto__] is not allowed');
  assertFault(
    () => search?.parse?.({ request: 5, sources: true }),
    'BAD_REQUEST',
    'request: expected a search as shards take it',
  );
  assertFault(() => get?.parse?.(null), 'BAD_REQUEST', /^body: /);
  const source = { enabled: true };
  for (const query of [
    undefined,
    {},
    { kind: 'constructor' },
    { kind: 'match', field: 1, value: 'x' },
    { kind: 'bool', must: [{}] },
  ])
    assertFault(() => fetch?.parse?.({ ids: [], source, query }), 'BAD_REQUEST', /^query: /);
});

test('a document lives: created, updated, deleted, not found, created again', () => {
  const shard = driver();
  const result = (command: Omit<WriteCommand, 'routing'>): unknown => {
    const { result: what, _version, _seq_no } = shard.write(command);
    return [what, _version, _seq_no];
  };
  assert.equal(result({ op: 'index', id: '1', doc: { title: 'whale' } }), ['created', 1, 0]);
  assert.equal(result({ op: 'index', id: '1', doc: { title: 'white whale' } }), ['updated', 2, 1]);
  assert.equal(result({ op: 'update', id: '1', doc: { year: 1851 } }), ['updated', 3, 2]);
  assert.equal(sourceOf(shard.primary, '1'), { title: 'white whale', year: 1851 });
  assert.equal(result({ op: 'update', id: '1', doc: { year: 1851 } }), ['noop', 3, 2]);
  assert.equal(result({ op: 'update', id: '1', doc: { year: 1851 }, detectNoop: false }), ['updated', 4, 4]);
  assert.equal(result({ op: 'delete', id: '1' }), ['deleted', 5, 5]);
  assert.equal(result({ op: 'delete', id: '1' }), ['not_found', 6, 6]);
  assert.equal(result({ op: 'create', id: '1', doc: {} }), ['created', 7, 7]);
  assert.equal(result({ op: 'delete', id: 'never' }), ['not_found', 1, 8]);
});

test('create, conditions and updates are decided on the state', () => {
  const shard = driver();
  shard.write({ op: 'index', id: '1', doc: { a: 1 } });
  const refused = (command: Omit<WriteCommand, 'routing'>, code: string, message: string): void =>
    assertFault(() => shard.write(command), code, message);
  refused(
    { op: 'create', id: '1', doc: {} },
    'CONFLICT',
    '[1]: version conflict, document already exists (current version [1])',
  );
  refused(
    { op: 'index', id: '1', doc: {}, ifSeqNo: 7, ifPrimaryTerm: 1 },
    'CONFLICT',
    '[1]: version conflict, required seqNo [7], primary term [1]. current document has seqNo [0] and primary term [1]',
  );
  refused(
    { op: 'delete', id: '1', ifSeqNo: 0, ifPrimaryTerm: 2 },
    'CONFLICT',
    '[1]: version conflict, required seqNo [0], primary term [2]. current document has seqNo [0] and primary term [1]',
  );
  refused(
    { op: 'index', id: '2', doc: {}, ifSeqNo: 0, ifPrimaryTerm: 1 },
    'CONFLICT',
    '[2]: version conflict, required seqNo [0], primary term [1]. but no document was found',
  );
  refused({ op: 'update', id: '2', doc: { a: 1 } }, 'DOCUMENT_MISSING', '[2]: document missing');
  assert.is(shard.write({ op: 'index', id: '1', doc: { a: 2 }, ifSeqNo: 0, ifPrimaryTerm: 1 }).result, 'updated');
  assert.is(shard.write({ op: 'update', id: '2', doc: { a: 1 }, upsert: { b: 2 } }).result, 'created');
  assert.equal(sourceOf(shard.primary, '2'), { b: 2 });
  assert.is(shard.write({ op: 'update', id: '3', doc: { a: 1 }, docAsUpsert: true }).result, 'created');
  assert.equal(sourceOf(shard.primary, '3'), { a: 1 });
  shard.write({ op: 'update', id: '3', doc: { deep: { x: 1, list: [1, 2] } } });
  shard.write({ op: 'update', id: '3', doc: { deep: { y: null, list: [3] } } });
  assert.equal(sourceOf(shard.primary, '3'), { a: 1, deep: { x: 1, list: [3], y: null } });
});

test('an external version is written if it is newer, over deletes and pending writes too', () => {
  const shard = driver();
  const external = (version: number, orEqual = false) => ({ external: { version, orEqual } });
  const refused = (command: Omit<WriteCommand, 'routing'>, message: string): void =>
    assertFault(() => shard.write(command), 'CONFLICT', message);
  const first = shard.write({ op: 'index', id: '1', doc: { a: 1 }, ...external(5) });
  assert.equal([first.result, first._version], ['created', 5]);
  for (const version of [4, 5])
    refused(
      { op: 'index', id: '1', doc: { a: 2 }, ...external(version) },
      `[1]: version conflict, current version [5] is higher or equal to the one provided [${version}]`,
    );
  assert.is(shard.write({ op: 'index', id: '1', doc: { a: 2 }, ...external(5, true) })._version, 5);
  refused(
    { op: 'delete', id: '1', ...external(4, true) },
    '[1]: version conflict, current version [5] is higher than the one provided [4]',
  );
  assert.is(shard.write({ op: 'index', id: '1', doc: { a: 3 } })._version, 6, 'a write without one counts on');
  assert.equal(shard.write({ op: 'delete', id: '1', ...external(9) }).result, 'deleted');
  refused(
    { op: 'index', id: '1', doc: {}, ...external(9) },
    '[1]: version conflict, current version [9] is higher or equal to the one provided [9]',
  );
  assert.is(shard.write({ op: 'index', id: '1', doc: {}, ...external(2 ** 52) })._version, 2 ** 52);
  assert.is(shard.write({ op: 'delete', id: 'never', ...external(0) }).result, 'not_found');
  refused(
    { op: 'index', id: 'never', doc: {}, ...external(0) },
    '[never]: version conflict, current version [0] is higher or equal to the one provided [0]',
  );
  assert.is(shard.decide({ op: 'index', id: '2', doc: {}, ...external(3) }).kind, 'accept');
  assert.is(shard.decide({ op: 'index', id: '2', doc: {}, ...external(3) }).kind, 'reject', 'it is pending');
  assert.is(shard.decide({ op: 'index', id: '2', doc: {}, ...external(4) }).kind, 'accept');
});

test('what is pending counts before it is applied', () => {
  const shard = driver();
  const create = { op: 'create', id: '1', doc: { n: 1 } } as const;
  assert.is(shard.decide(create).kind, 'accept');
  const second = shard.decide(create);
  assert.is(second.kind === 'reject' ? second.code : '', 'CONFLICT');
  assert.is(shard.decide({ op: 'update', id: '1', doc: { n: 1 } }).kind, 'accept', 'a noop on a pending document');
  assert.is(
    shard.decide({ op: 'index', id: '1', doc: { n: 2 }, ifSeqNo: 0, ifPrimaryTerm: 1 }).kind,
    'accept',
    'the noop left the number of the document',
  );
  assert.is(shard.decide({ op: 'update', id: '1', doc: { m: 3 }, ifSeqNo: 2, ifPrimaryTerm: 1 }).kind, 'accept');
  assert.is(shard.decide({ op: 'delete', id: '1' }).kind, 'accept');
  const missing = shard.decide({ op: 'update', id: '1', doc: { m: 4 } });
  assert.is(missing.kind === 'reject' ? missing.code : '', 'DOCUMENT_MISSING');
  assert.is(shard.decide(create).kind, 'accept');
  shard.applyAll();
  assert.equal(
    shard.results.map(({ result, _version, _seq_no }) => [result, _version, _seq_no]),
    [
      ['created', 1, 0],
      ['noop', 1, 0],
      ['updated', 2, 2],
      ['updated', 3, 3],
      ['deleted', 4, 4],
      ['created', 5, 5],
    ],
  );
  assert.equal(sourceOf(shard.primary, '1'), { n: 1 });
});

test('bad input is thrown, and leaves no trace', () => {
  const shard = driver({ mappings: { properties: { age: { type: 'long' } } } });
  assertFault(
    () => shard.decide({ op: 'index', id: '1', doc: { age: 'abc' } }),
    'MAPPING_FAILED',
    'failed to parse field [age] of type [long]: got "abc"',
  );
  assertFault(
    () => shard.decide({ op: 'update', id: '1', doc: {}, upsert: { age: {} } }),
    'MAPPING_FAILED',
    'failed to parse field [age] of type [long]: got an object',
  );
  shard.applyAll();
  assert.equal(shard.results, []);
  assert.is(shard.primary.engine.stats().docCount, 0);
});

test('a merged document that fits later mappings no more is a rejection, since it depends on the state', () => {
  const settings = { mappings: { dynamic: false, properties: {} } };
  const holder = sharedOf(settings);
  const shard = new ShardDriver(holder, settings);
  shard.write({ op: 'index', id: '1', doc: { age: 'abc' } });
  holder.shared = { mappings: { dynamic: false, fields: { age: { type: 'long' } } } };
  const decision = shard.decide({ op: 'update', id: '1', doc: { other: 1 } });
  assert.is(
    decision.kind === 'reject' ? decision.message : '',
    'failed to parse field [age] of type [long]: got "abc"',
  );
});

test('mappings ride in the record until the shard has them', () => {
  const holder = sharedOf();
  const [one, two] = [new ShardDriver(holder), new ShardDriver(holder)];
  const mappingsOf = (decision: ReturnType<ShardDriver['decide']>): unknown =>
    decision.kind === 'accept' && decision.record.op === 'index'
      ? Object.keys(decision.record.mappings?.fields ?? {})
      : [];
  assert.equal(mappingsOf(one.decide({ op: 'index', id: '1', doc: { a: 1 } })), ['a']);
  assert.equal(mappingsOf(one.decide({ op: 'index', id: '2', doc: { a: 2, b: 1 } })), ['a', 'b']);
  one.applyAll();
  assert.equal(mappingsOf(one.decide({ op: 'index', id: '3', doc: { a: 3 } })), []);
  assert.equal(mappingsOf(two.decide({ op: 'index', id: '4', doc: { c: 3 } })), ['a', 'b', 'c']);
  two.applyAll();
  assert.equal(shardInfo(two.primary).schema, { a: 'long', b: 'long', c: 'long' });
  assert.equal(shardInfo(one.primary).schema, { a: 'long', b: 'long' });
  assertFault(
    () => one.decide({ op: 'index', id: '5', doc: { c: 'x' } }),
    'MAPPING_FAILED',
    'failed to parse field [c] of type [long]: got "x"',
  );
});

test('deletes are remembered by count', () => {
  const shard = driver();
  for (let i = 0; i <= MAX_TOMBSTONES; i++) shard.decide({ op: 'delete', id: String(i) });
  shard.applyAll();
  assert.is(shard.write({ op: 'index', id: '0', doc: {} })._version, 1);
  assert.is(shard.write({ op: 'index', id: '1', doc: {} })._version, 2);
});

test('a document is read by id, as far as it is wanted', () => {
  const shard = driver();
  shard.write({ op: 'index', id: '1', doc: { a: 1, b: { c: 2, d: 3 } } });
  assert.equal(getDocument(shard.primary, { id: '1', source: { enabled: true, includes: ['b.c'] } }), {
    _id: '1',
    _version: 1,
    _seq_no: 0,
    _primary_term: 1,
    found: true,
    _source: { b: { c: 2 } },
  });
  assert.equal(getDocument(shard.primary, { id: '1', source: { enabled: false } })._source, undefined);
  assert.equal(getDocument(shard.primary, { id: '2', source: WHOLE_SOURCE }), { _id: '2', found: false });
});

test('hits are highlighted in text, keyword and sub-fields', () => {
  const shard = driver({ mappings: { properties: { tag: { type: 'keyword' } } } });
  shard.write({
    op: 'index',
    id: '1',
    doc: { title: 'The white Whale', tag: ['sea', 'whale'], notes: [{ text: 'whale!' }, { text: 'no' }], n: 5 },
  });
  const fragments = (query: unknown, highlight: unknown): unknown =>
    searchShard(shard.primary, { request: parseSearch({ query, highlight }), sources: true }).fetched?.[0]?.highlight;
  const anywhere = { multi_match: { query: 'whale', fields: ['title', 'tag', 'notes.text'] } };
  assert.equal(fragments(anywhere, { fields: { '*': {} } }), {
    title: ['The white <em>Whale</em>'],
    tag: ['<em>whale</em>'],
    'notes.text': ['<em>whale</em>!'],
  });
  assert.equal(fragments({ match: { title: 'whale' } }, { fields: { tag: {}, n: {} } }), undefined);
  assert.equal(
    fragments(
      { match: { title: 'whale' } },
      { require_field_match: false, pre_tags: '[', post_tags: ']', fields: { tag: {} } },
    ),
    { tag: ['[whale]'] },
  );
  assert.equal(fragments({ term: { 'title.keyword': 'The white Whale' } }, { fields: { 'title.keyword': {} } }), {
    'title.keyword': ['<em>The white Whale</em>'],
  });
});

test('two copies that apply the same log at their own pace are the same', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Seeded(seed);
    const shard = driver();
    const replicated: unknown[] = [];
    for (let i = 0; i < 150; i++) {
      randomWrite(shard, random);
      if (random.chance(0.3)) shard.applyAll();
      if (random.chance(0.1)) replicated.push(...shard.replicate());
    }
    shard.applyAll();
    replicated.push(...shard.replicate());
    assert.equal(replicated, shard.results, `seed ${seed}`);
    assert.equal(viewOf(shard.replica), viewOf(shard.primary), `seed ${seed}`);
  }
});

function randomWrite(shard: ShardDriver, random: Seeded): void {
  const op = random.pick<WriteOp>(['index', 'index', 'create', 'update', 'update', 'delete']);
  const id = String(random.below(8));
  const value = (): unknown =>
    random.pick<unknown>([random.below(4), 'ash oak', '7', null, [1, 2], { x: random.below(3) }, true, '2024-05-06']);
  const doc =
    op === 'delete'
      ? undefined
      : Object.fromEntries(random.list(random.below(3), () => [`f${random.below(5)}`, value()]));
  const upsert = op === 'update' && random.chance(0.3) ? { f0: random.below(4) } : undefined;
  const condition = random.chance(0.2) ? { ifSeqNo: random.below(40), ifPrimaryTerm: 1 } : {};
  const external =
    (op === 'index' || op === 'delete') && random.chance(0.2)
      ? { external: { version: random.below(30), orEqual: random.chance(0.5) } }
      : {};
  try {
    shard.decide({
      op,
      id,
      ...(doc === undefined ? {} : { doc }),
      ...(upsert === undefined ? {} : { upsert }),
      ...condition,
      ...external,
    });
  } catch (error) {
    assert.is((error as { code?: string }).code, 'MAPPING_FAILED');
  }
}

function viewOf(state: SearchState): unknown {
  const ids = Array.from({ length: 8 }, (_, id) => String(id));
  const { ids: order, positions } = searchShard(state, {
    request: parseSearch({ sort: '_doc', size: 100 }),
    sources: false,
  });
  return {
    documents: ids.map((id) => getDocument(state, { id, source: WHOLE_SOURCE })),
    mappings: state.mappings,
    order,
    positions: [...positions],
  };
}

test('idle time is used for what was put off, and nothing that can be told changes', () => {
  const shard = driver();
  for (let i = 0; i < 3000; i++) shard.decide({ op: 'index', id: String(i), doc: { n: i } });
  shard.applyAll();
  const { engine } = shard.primary;
  if (!(engine instanceof ShardEngine)) throw new Error('another engine');
  assert.is(engine.stats().segmentCount, 0);
  const least = shardInfo(shard.primary);
  let calls = 0;
  while (searchActor.maintain?.(shard.primary, () => true) === true) calls += 1;
  assert.ok(calls > 0, 'it was done in slices');
  assert.is(engine.stats().segmentCount, 1, 'what was in the head is a segment');
  assert.is(engine.stats().docCount, 3000);
  assert.equal(Object.keys(shardInfo(shard.primary)), Object.keys(least));
  assert.equal(sourceOf(shard.primary, '2999'), { n: 2999 });
});

test.run();
