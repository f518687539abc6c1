/** What a copy knows is a function of the log alone: chain, terms, numbers, remembered operations. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CoppiceError, isCoppiceError } from '../../src/errors.ts';
import { PoisonError } from '../../src/shard/failed-operations.ts';
import { ShardState } from '../../src/shard/shard-state.ts';
import { encodeLogRecord, encodeOperation, type LoggedOperation, type SkipMark } from '../../src/wire/log-record.ts';
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
  options: {
    term?: number;
    generation?: string;
    operations?: readonly LoggedOperation[];
    failures?: number;
    skip?: SkipMark;
  } = {},
): { seq: number; id: string; data: Uint8Array } {
  const { term = 1, generation = 'g', operations, failures, skip } = options;
  const data = encodeLogRecord({
    kind: skip !== undefined ? 'skip' : operations === undefined ? 'term' : 'batch',
    ...(failures === undefined ? {} : { failures }),
    ...(skip === undefined ? {} : { skip }),
    generation,
    term,
    prevSeq: after.seq,
    prevId: after.id,
    operations: (operations ?? []).map(encodeOperation),
  });
  return { ...at, data };
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function failWith(error: Error | string): never {
  throw error instanceof Error ? error : new Error(error);
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

test('an untyped error fails the copy, and says at which operation', () => {
  const operations = [add('o1'), add('o2', 'k', 'untyped')];
  const error = thrownBy(() => newState().apply(entry(START, { seq: 1, id: 'r1' }, { operations })));
  assert.instance(error, PoisonError);
  const { seq, place, operation, message } = error instanceof PoisonError ? error : failWith('no PoisonError');
  assert.equal([seq, place, operation], [1, 1, 'o2']);
  assert.match(message, 'operation 1 of record 1 cannot be applied: apply broke');
});

test('trouble of this copy alone is neither an outcome nor poison: the copy applies it again', () => {
  for (const own of [
    new CoppiceError('STORAGE_FULL', 'no room'),
    new CoppiceError('OUT_OF_MEMORY', 'no memory'),
    new CoppiceError('CORRUPT_SEGMENT', 'torn'),
    new RangeError('Array buffer allocation failed'),
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' }),
  ]) {
    const definition = { ...counterDefinition, apply: () => failWith(own) };
    const state = new ShardState({ definition, generation: 'g', shard: 0, settings: null });
    const error = thrownBy(() => state.apply(entry(START, { seq: 1, id: 'r1' }, { operations: [add('o1')] })));
    assert.ok(isCoppiceError(error, 'INTERNAL'), `${own.message} became ${String(error)}`);
    assert.is(state.window.get('o1'), undefined);
  }
});

test('what the log skips fails without being tried, alone in its batch, and takes its number', () => {
  const state = newState();
  const skip = { seq: 1, place: 1, error: { code: 'ACTOR_FAILED', message: 'it cannot be applied' } };
  state.failed.expect(skip);
  const operations = [add('o1'), add('o2', 'k', 'untyped'), add('o3')];
  assert.is(state.apply(entry(START, { seq: 1, id: 'r1' }, { operations })).kind, 'applied');
  assert.equal(state.window.get('o2'), { ok: false, error: skip.error, seq: 1 });
  assert.equal(state.window.get('o3'), { ok: true, value: { value: 2, seqNo: 2 }, seq: 1 });
  assert.is(state.apply(entry({ seq: 1, id: 'r1' }, { seq: 2, id: 'r2' }, { skip })).kind, 'applied');
  assert.equal(state.failed.skipped, { count: 1, last: [skip] });
  assert.is(state.skipRecordSeq, 2);
});

test('a copy that has applied what the log skips does not hold what the others do', () => {
  const state = newState();
  state.apply(entry(START, { seq: 1, id: 'r1' }, { operations: [add('o1')] }));
  const skip = { seq: 1, place: 0, error: { code: 'ACTOR_FAILED', message: 'it cannot be applied' } };
  const verdict = state.apply(entry({ seq: 1, id: 'r1' }, { seq: 2, id: 'r2' }, { skip }));
  assert.is(verdict.kind, 'broken');
  assert.match(verdict.kind === 'broken' ? verdict.reason : '', /record 2 skips operation 0 of record 1/);
});

test('a copy on which other operations failed than on the primary does not go on', () => {
  const [one, other] = [newState(), newState()];
  one.apply(entry(START, { seq: 1, id: 'r1' }, { operations: [add('o1'), add('o2', 'k', 'typed')] }));
  other.apply(entry(START, { seq: 1, id: 'r1' }, { operations: [add('o1'), add('o2')] }));
  const next = entry(
    { seq: 1, id: 'r1' },
    { seq: 2, id: 'r2' },
    { operations: [add('o3')], failures: one.failed.fingerprint },
  );
  assert.is(one.apply(next).kind, 'applied');
  const verdict = other.apply(next);
  assert.match(verdict.kind === 'broken' ? verdict.reason : '', /where other operations had failed than here/);
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
