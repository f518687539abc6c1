/** The write path of one reign, against a real log: order, group commit, what is pending, doubt, and every way to end. */
import * as assert from 'uvu/assert';
import type { LogEntry } from '../../src/bus/log.ts';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import type { CoppiceError } from '../../src/errors.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { batches, newReign, type Reign, termRecord } from './support/reign.ts';

const test = natsSuite('shard/committer');
const never = new AbortController().signal;

/** Another primary takes over in the log; returns its term record as the tail will show it. */
async function usurp(reign: Reign, bus: NatsBus): Promise<LogEntry> {
  const log = bus.openLog(reign.spec);
  const last = await log.last(0);
  const data = termRecord(2, last ?? { seq: 0, id: '' });
  const outcome = await log.append(0, { id: `${reign.spec.stream}.usurper`, data, expectedSeq: last?.seq ?? 0 }, never);
  if (outcome.kind !== 'appended') throw new Error('the usurper was fenced');
  return { seq: outcome.seq, id: `${reign.spec.stream}.usurper`, data };
}

test('many commands at once become few records, in order', async ({ bus }) => {
  const { log, submit } = await newReign(bus);
  const ids = Array.from({ length: 500 }, (_, n) => `o${n}`);
  const outcomes = await Promise.all(ids.map(async (id) => submit(id, { key: 'k' })));
  assert.equal(batches(log).flat(), ids);
  assert.ok(log.appended.length <= 2, `${log.appended.length} records`);
  assert.equal(
    outcomes.map((outcome) => outcome.ok && outcome.value),
    ids.map((_, n) => ({ value: n + 1, seqNo: n })),
  );
});

test('what comes while a batch is in flight makes the next one', async ({ bus }) => {
  const { log, submit, committer } = await newReign(bus);
  log.shut();
  const first = submit('o1', { key: 'k' });
  await eventually(() => committer.pendingCount === 1);
  const later = ['o2', 'o3', 'o4'].map(async (id) => submit(id, { key: 'k' }));
  log.open();
  await Promise.all([first, ...later]);
  assert.equal(batches(log), [['o1'], ['o2', 'o3', 'o4']]);
});

test('a large batch is split, and nothing is lost between', async ({ bus }) => {
  const { log, submit } = await newReign(bus);
  const ids = Array.from({ length: 100 }, (_, n) => `o${n}`);
  await Promise.all(ids.map(async (id) => submit(id, { key: 'k', padding: 'x'.repeat(10_000) })));
  assert.equal(batches(log).flat(), ids);
  assert.ok(log.appended.length >= 5);
  for (const { data } of log.appended) assert.ok(data.length < 256 * 1024, `${data.length} bytes`);
});

test('a command sees what is pending: of two creates the second is rejected, and the rejection logged', async ({
  bus,
}) => {
  const { log, submit, state } = await newReign(bus);
  const create = { endpoint: 'create' };
  const [first, second] = await Promise.all([submit('o1', { key: 'k' }, create), submit('o2', { key: 'k' }, create)]);
  assert.ok(first.ok);
  assert.ok(!second.ok && second.error.code === 'CONFLICT');
  assert.equal(batches(log), [['o1', 'o2']]);
  assert.equal(state.window.get('o2'), second);
});

test('a create is rejected on account of one in flight, too', async ({ bus }) => {
  const { log, submit, committer } = await newReign(bus);
  log.shut();
  const first = submit('o1', { key: 'k' }, { endpoint: 'create' });
  await eventually(() => committer.pendingCount === 1);
  const second = submit('o2', { key: 'k' }, { endpoint: 'create' });
  log.open();
  assert.ok((await first).ok);
  assert.ok(!(await second).ok);
});

test('a repeated command attaches to the first, and is applied once', async ({ bus }) => {
  const { submit, state, log, committer } = await newReign(bus);
  log.shut();
  const first = submit('o1', { key: 'k' });
  const second = submit('o1', { key: 'k' });
  await eventually(() => committer.pendingCount === 1);
  log.open();
  assert.equal(await first, await second);
  assert.equal(await submit('o1', { key: 'k' }), await first);
  assert.is(state.nextSeqNo, 1);
});

test('a rejection is told again as it was told first, whatever the state has become', async ({ bus }) => {
  const { submit } = await newReign(bus);
  await submit('o1', { key: 'k' }, { endpoint: 'create' });
  const rejected = await submit('o2', { key: 'k' }, { endpoint: 'create' });
  assert.equal(await submit('o2', { key: 'another' }, { endpoint: 'create' }), rejected);
});

test('a command older than what is remembered has an unknown outcome, unless it is remembered', async ({ bus }) => {
  const { submit, state } = await newReign(bus, { windowOperations: 2 });
  for (const id of ['o1', 'o2', 'o3', 'o4']) await submit(id, { key: 'k' }, { since: state.appliedSeq });
  assert.ok(state.window.floor > 0);
  assert.is((await failureOf(submit('o1', { key: 'k' }, { since: state.window.floor - 1 }))).code, 'OUTCOME_UNKNOWN');
  assert.ok((await submit('o4', { key: 'k' }, { since: 0 })).ok);
  assert.ok((await submit('o5', { key: 'k' }, { since: state.window.floor })).ok);
});

test('what no state could accept is answered at once and not logged', async ({ bus }) => {
  const { submit, log, events } = await newReign(bus);
  assert.is((await failureOf(submit('o1', { key: 'k' }, { endpoint: 'nothing' }))).code, 'UNKNOWN_ENDPOINT');
  assert.is((await failureOf(submit('o2', { key: 'k' }, { endpoint: 'get' }))).code, 'UNKNOWN_ENDPOINT');
  assert.is((await failureOf(submit('o3', { key: 'k' }, { endpoint: 'toString' }))).code, 'UNKNOWN_ENDPOINT');
  assert.is((await failureOf(submit('o4', { key: 'k' }, { endpoint: 'crash' }))).code, 'ACTOR_FAILED');
  assert.equal(events, ['fault']);
  assert.is(log.appended.length, 0);
  assert.ok((await submit('o5', { key: 'k' })).ok);
});

test('an operation too large for the log is refused, its neighbours are not', async ({ bus }) => {
  const { submit } = await newReign(bus);
  const padding = 'x'.repeat(bus.maxPayloadBytes - 1_000);
  const [first, large, last] = await Promise.all([
    submit('o1', { key: 'k' }),
    failureOf(submit('o2', { key: 'k', padding })),
    submit('o3', { key: 'k' }),
  ]);
  assert.ok(first.ok && last.ok);
  assert.is(large.code, 'PAYLOAD_TOO_LARGE');
});

test('an operation that just fits goes into a batch of its own when another is nearly full', async ({ bus }) => {
  const { submit, log } = await newReign(bus);
  const large = { key: 'k', padding: 'x'.repeat(bus.maxPayloadBytes - 2_200) };
  const bodies = [{ key: 'k', padding: 'x'.repeat(150_000) }, large, { key: 'k' }, large];
  const outcomes = await Promise.all(bodies.map(async (body, n) => submit(`o${n}`, body)));
  assert.ok(outcomes.every(({ ok }) => ok));
  assert.equal(batches(log).flat(), ['o0', 'o1', 'o2', 'o3']);
  assert.is(log.appended.length, 3);
});

test('a typed error of apply fails its operation, not the batch', async ({ bus }) => {
  const { submit, events } = await newReign(bus);
  const [one, poison, two] = await Promise.all([
    submit('o1', { key: 'k' }),
    submit('o2', { key: 'k', fail: 'typed' }),
    submit('o3', { key: 'k' }),
  ]);
  assert.ok(one.ok && two.ok);
  assert.ok(!poison.ok && poison.error.code === 'BAD_REQUEST');
  assert.equal(events, []);
});

test('fenced by another writer: unknown until the tail shows the other term, then certainly not written', async ({
  bus,
}) => {
  const reign = await newReign(bus);
  const { submit, events, committer, apply, log } = reign;
  await submit('o0', { key: 'k' });
  const usurper = await usurp(reign, bus);
  let settled = 0;
  const lost = failureOf(submit('o1', { key: 'k' })).finally(() => settled++);
  await eventually(() => events.includes('fenced'));
  assert.is(committer.pendingCount, 1);
  assert.is(settled, 0);
  apply(usurper);
  assert.is((await lost).code, 'NOT_PRIMARY');
  assert.is((await failureOf(submit('o2', { key: 'k' }))).code, 'NOT_PRIMARY');
  assert.is(log.appended.length, 1);
});

test('a batch whose acknowledgement was lost is answered when the tail shows it', async ({ bus }) => {
  const { submit, log, committer, apply } = await newReign(bus);
  log.next = async (append) => {
    await append();
    return new Promise(() => {});
  };
  const answer = submit('o1', { key: 'k' });
  await eventually(() => log.appended.length === 1);
  committer.stop();
  assert.is(committer.pendingCount, 1);
  for (const entry of log.appended) apply(entry);
  assert.ok((await answer).ok);
  assert.is(committer.pendingCount, 0);
});

test('the next batch is decided on a batch that the tail has shown before its acknowledgement', async ({ bus }) => {
  const { submit, log, apply } = await newReign(bus);
  let acknowledge = (): void => {};
  log.next = async (append) => {
    const outcome = await append();
    await new Promise<void>((resolve) => (acknowledge = resolve));
    return outcome;
  };
  const first = submit('o1', { key: 'k' }, { endpoint: 'create' });
  await eventually(() => log.appended.length === 1);
  for (const entry of [...log.appended]) apply(entry);
  assert.ok((await first).ok);
  const second = submit('o2', { key: 'k' });
  const third = submit('o3', { key: 'k' }, { endpoint: 'create' });
  acknowledge();
  assert.equal(await second, { ok: true, value: { value: 2, seqNo: 1 }, seq: log.appended[1]?.seq });
  assert.ok(!(await third).ok);
});

test('the end of a reign sends away what was not sent, exactly once', async ({ bus }) => {
  const { submit, log, committer } = await newReign(bus);
  log.shut();
  const first = submit('o1', { key: 'k' });
  await eventually(() => committer.pendingCount === 1);
  const queued = ['o2', 'o3'].map(async (id) => failureOf(submit(id, { key: 'k' })));
  await eventually(() => committer.pendingCount === 3);
  committer.stop();
  assert.equal(
    (await Promise.all(queued)).map(({ code }) => code),
    ['NOT_PRIMARY', 'NOT_PRIMARY'],
  );
  log.open();
  assert.ok((await first).ok, 'what was in flight is told as it went');
  assert.equal(batches(log), [['o1']]);
});

test('a command that waits for room is not left behind when the reign ends', async ({ bus }) => {
  const { submit, log, committer } = await newReign(bus);
  log.shut();
  const large = { key: 'k', padding: 'x'.repeat(bus.maxPayloadBytes - 2_200) };
  const work = ['o1', 'o2', 'o3'].map(async (id) =>
    submit(id, large).then(
      () => 'ok',
      (error: CoppiceError) => error.code,
    ),
  );
  await eventually(() => committer.pendingCount === 3);
  committer.stop();
  const drained = committer.drain();
  log.open();
  assert.equal(await Promise.all(work), ['ok', 'NOT_PRIMARY', 'NOT_PRIMARY']);
  await drained;
});

test('what is given up is not told as unwritten', async ({ bus }) => {
  const { submit, log, committer, state } = await newReign(bus);
  log.next = async (append) => {
    await append();
    return new Promise(() => {});
  };
  const answer = failureOf(submit('o1', { key: 'k' }));
  await eventually(() => log.appended.length === 1);
  committer.abandon();
  assert.is((await answer).code, 'SHARD_UNAVAILABLE');
  assert.is(state.window.get('o1'), undefined);
});

test('a late acknowledgement of a reign given up touches nothing', async ({ bus }) => {
  const { submit, log, committer, state, events } = await newReign(bus);
  let acknowledge = (): void => {};
  const told = new Promise<void>((resolve) => {
    log.next = async (append) => {
      const outcome = await append();
      await new Promise<void>((go) => (acknowledge = go));
      setImmediate(resolve);
      return outcome;
    };
  });
  const answer = failureOf(submit('o1', { key: 'k' }));
  await eventually(() => log.appended.length === 1);
  const before = state.appliedSeq;
  committer.abandon();
  acknowledge();
  await Promise.all([answer, told]);
  assert.is(state.appliedSeq, before);
  assert.equal(events, []);
});

test('draining answers everything taken, and takes nothing more', async ({ bus }) => {
  const { submit, committer } = await newReign(bus);
  const work = Promise.all(['o1', 'o2', 'o3'].map(async (id) => submit(id, { key: 'k' })));
  const drained = committer.drain();
  assert.is((await failureOf(submit('o4', { key: 'k' }))).code, 'NOT_PRIMARY');
  await drained;
  assert.is(committer.pendingCount, 0);
  assert.ok((await work).every(({ ok }) => ok));
  await committer.drain();
});

test('a log that is gone is a failure of the copy', async ({ bus }) => {
  const { submit, spec, events, committer } = await newReign(bus);
  await bus.deleteLog(spec);
  const answer = failureOf(submit('o1', { key: 'k' }));
  await eventually(() => events.includes('failure STALE_GENERATION'));
  committer.abandon();
  assert.is((await answer).code, 'SHARD_UNAVAILABLE');
});

test('what a retry may mend takes along what came after it, so that no write overtakes another', async ({ bus }) => {
  const failure = await failureOf(bus.openLog({ stream: 'none', subjectPrefix: 'none' }).last(0));
  const { submit, log } = await newReign(bus, {
    changes: {
      agree: async () => {
        throw failure;
      },
    },
  });
  const work = [{ key: 'k' }, { key: 'k', name: 'new' }, { key: 'k' }].map(async (body, n) =>
    submit(`o${n}`, body).then(
      () => 'ok',
      (error: CoppiceError) => error.code,
    ),
  );
  assert.equal(await Promise.all(work), ['ok', failure.code, failure.code]);
  assert.equal(batches(log), [['o0']]);
});

test('a checkpoint of more files than a record can name is refused, and the reign goes on', async ({ bus }) => {
  const { submit, committer, events } = await newReign(bus);
  const name = `g/0/${'a'.repeat(64)}@1.1`;
  const mark = { seq: 1, name, files: Array.from({ length: 20_000 }, (_, n) => `${name}${n}`) };
  const refused = await failureOf(committer.append({ kind: 'checkpoint', mark }));
  assert.is(refused.code, 'PAYLOAD_TOO_LARGE');
  await committer.append({ kind: 'checkpoint', mark: { ...mark, files: mark.files.slice(0, 5_000) } });
  assert.ok((await submit('o1', { key: 'k' })).ok);
  assert.equal(events, []);
});

test.run();
