/** What a copy knows is a function of the log alone: chain, terms, numbers, remembered operations. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ShardState } from '../../src/shard/shard-state.ts';
import { encodeLogRecord, encodeOperation, type LoggedOperation } from '../../src/wire/log-record.ts';
import { counterDefinition } from './support/counter.ts';

const test = suite('shard/shard-state');

type Place = { readonly seq: number; readonly id: string };
const START: Place = { seq: 0, id: '' };

function newState(windowOperations?: number): ShardState {
  const window = windowOperations === undefined ? {} : { windowOperations };
  return new ShardState({ definition: counterDefinition, generation: 'g', shard: 0, settings: null, ...window });
}

function entry(
  after: Place,
  at: Place,
  options: { term?: number; generation?: string; operations?: readonly LoggedOperation[] } = {},
): { seq: number; id: string; data: Uint8Array } {
  const { term = 1, generation = 'g', operations } = options;
  const data = encodeLogRecord({
    kind: operations === undefined ? 'term' : 'batch',
    generation,
    term,
    prevSeq: after.seq,
    prevId: after.id,
    operations: (operations ?? []).map(encodeOperation),
  });
  return { ...at, data };
}

const add = (id: string, key = 'k', fail?: string): LoggedOperation => ({ id, record: { key, by: 1, fail } });

test('records that follow each other are applied, and numbered by operation', () => {
  const state = newState();
  assert.is(state.apply(entry(START, { seq: 3, id: 'r3' }, { term: 4 })).kind, 'applied');
  const verdict = state.apply(
    entry({ seq: 3, id: 'r3' }, { seq: 7, id: 'r7' }, { term: 4, operations: [add('o1'), add('o2', 'm'), add('o3')] }),
  );
  assert.is(verdict.kind, 'applied');
  assert.equal([state.appliedSeq, state.appliedId, state.term, state.nextSeqNo], [7, 'r7', 4, 3]);
  assert.equal(state.window.get('o3'), { ok: true, value: { value: 2, seqNo: 2 }, seq: 7 });
  assert.is(state.window.get('o4'), undefined);
});

test('a duplicate changes nothing', () => {
  const state = newState();
  const first = entry(START, { seq: 1, id: 'r1' }, { operations: [add('o1')] });
  state.apply(first);
  assert.is(state.apply(first).kind, 'duplicate');
  assert.is(state.nextSeqNo, 1);
});

test('a record after a gap breaks the chain', () => {
  const state = newState();
  state.apply(entry(START, { seq: 1, id: 'r1' }));
  assert.is(state.apply(entry({ seq: 4, id: 'r4' }, { seq: 5, id: 'r5' })).kind, 'broken');
  assert.is(state.appliedSeq, 1);
});

test('a record of another generation breaks the chain', () => {
  assert.is(newState().apply(entry(START, { seq: 1, id: 'r1' }, { generation: 'older' })).kind, 'broken');
});

test('a record that follows what came before the last one applied tells of a log rolled back', () => {
  const state = newState();
  state.apply(entry(START, { seq: 1, id: 'r1' }));
  state.apply(entry({ seq: 1, id: 'r1' }, { seq: 2, id: 'r2' }));
  assert.is(state.apply(entry({ seq: 1, id: 'r1' }, { seq: 9, id: 'x' })).kind, 'rolledBack');
  assert.is(state.apply(entry({ seq: 2, id: 'other' }, { seq: 9, id: 'x' })).kind, 'rolledBack');
  assert.is(state.apply(entry(START, { seq: 9, id: 'x' })).kind, 'rolledBack');
});

test('a typed error marks its operation alone, and takes its number', () => {
  const state = newState();
  const operations = [add('o1'), add('o2', 'k', 'typed'), add('o3')];
  state.apply(entry(START, { seq: 1, id: 'r1' }, { operations }));
  const failed = state.window.get('o2');
  assert.ok(failed !== undefined && !failed.ok && failed.error.code === 'BAD_REQUEST');
  assert.equal(state.window.get('o3'), { ok: true, value: { value: 2, seqNo: 2 }, seq: 1 });
});

test('an untyped error fails the copy', () => {
  const failing = entry(START, { seq: 1, id: 'r1' }, { operations: [add('o1', 'k', 'untyped')] });
  assert.throws(() => newState().apply(failing), /apply broke/);
});

test('a logged rejection is remembered, and takes no number', () => {
  const state = newState();
  const rejection: LoggedOperation = { id: 'o1', error: { code: 'CONFLICT', message: 'no' } };
  state.apply(entry(START, { seq: 5, id: 'r5' }, { operations: [rejection, add('o2')] }));
  assert.equal(state.window.get('o1'), { ok: false, error: { code: 'CONFLICT', message: 'no' }, seq: 5 });
  assert.equal(state.window.get('o2'), { ok: true, value: { value: 1, seqNo: 0 }, seq: 5 });
});

test('a damaged record is refused whole', () => {
  const state = newState();
  assert.throws(() => state.apply({ seq: 1, id: 'r1', data: new Uint8Array([0x81, 0xa1, 0x76, 0x01]) }), /format 1/);
  assert.is(state.appliedSeq, 0);
});

test('operations are forgotten by count, and the floor says how far', () => {
  const state = newState(3);
  let last = START;
  for (let seq = 1; seq <= 5; seq++) {
    const at = { seq, id: `r${seq}` };
    state.apply(entry(last, at, { operations: [add(`o${seq}`)] }));
    last = at;
  }
  assert.is(state.window.get('o2'), undefined);
  assert.is(state.window.get('o3')?.seq, 3);
  assert.is(state.window.floor, 2);
});

test('copies that applied the same log hold the same', () => {
  const log = [entry(START, { seq: 1, id: 'r1' })];
  for (let seq = 2; seq <= 40; seq++) {
    const operations = [add(`a${seq}`, `k${seq % 5}`), add(`b${seq}`, 'k', seq % 3 === 0 ? 'typed' : undefined)];
    log.push(entry({ seq: seq - 1, id: `r${seq - 1}` }, { seq, id: `r${seq}` }, { operations }));
  }
  const [one, other] = [newState(16), newState(16)];
  for (const record of log) one.apply(record);
  for (const record of [...log, ...log].toSorted((a, b) => a.seq - b.seq)) other.apply(record);
  assert.equal(one.user, other.user);
  assert.equal([one.nextSeqNo, one.window.floor], [other.nextSeqNo, other.window.floor]);
  assert.equal(one.stats(), other.stats());
});

test.run();
