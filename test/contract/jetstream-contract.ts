/**
 * What the safety of the cluster rests on, as JetStream really shows it (protocol.md): the real server and the
 * simulated one run the same tests, so that what is proved on the one holds on the other.
 */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bus, LogSpec } from '../../src/bus/bus.ts';
import type { Log, LogEntry } from '../../src/bus/log.ts';
import { type ApiAnswer, type JetStreamApi, JS_ERRORS, parseAnswer } from '../../src/bus/nats/api.ts';
import { JS_HEADERS } from '../../src/bus/nats/stream.ts';
import type { RegistryChange } from '../../src/bus/registry.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';

/** A bus over JetStream. */
export type JetStreamBus = Bus & { readonly api: JetStreamApi };

/** Two connections to the same bus. */
export type TwoJetStreamBuses = { readonly bus: JetStreamBus; readonly other: JetStreamBus };

const never = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let logs = 0;

/** Adds the tests of the contract to a suite whose context has two connections. */
export function jetStreamContract<C extends TwoJetStreamBuses>(test: Test<C>): void {
  test('an id seen before is acknowledged and stores nothing, even on another subject', async ({ bus }) => {
    const spec = await newLog(bus);
    await appendAll(bus.openLog(spec), ['a', 'b']);
    for (const [shard, expectedSeq] of [2, 0].entries()) {
      const answer = await publish(bus, `${spec.subjectPrefix}.${shard}`, { id: 'a', expectedSeq });
      assert.ok(answer.ok && answer.value['duplicate'] === true && answer.value['seq'] === 1);
    }
    assert.is((await bus.openLog(spec).last(0))?.id, 'b');
    assert.is(await bus.openLog(spec).last(1), undefined);
  });

  test('an id seen before, behind a fence that does not hold, stores nothing', async ({ bus }) => {
    const spec = await newLog(bus);
    await appendAll(bus.openLog(spec), ['a', 'b']);
    // Whether the id or the fence is looked at first depends on the server's version and on its replicas.
    const answer = await publish(bus, `${spec.subjectPrefix}.0`, { id: 'a', expectedSeq: 0 });
    assert.ok(answer.ok ? answer.value['duplicate'] === true : answer.code === JS_ERRORS.wrongLastSequence);
    assert.is((await bus.openLog(spec).last(0))?.id, 'b');
  });

  test('a fence that does not hold is refused with its number, and so is another stream', async ({ bus }) => {
    const spec = await newLog(bus);
    await appendAll(bus.openLog(spec), ['a']);
    const fenced = await publish(bus, `${spec.subjectPrefix}.0`, { id: 'x', expectedSeq: 0 });
    assert.ok(!fenced.ok && fenced.code === JS_ERRORS.wrongLastSequence);
    const ahead = await publish(bus, `${spec.subjectPrefix}.0`, { id: 'y', expectedSeq: 2 });
    assert.ok(!ahead.ok && ahead.code === JS_ERRORS.wrongLastSequence);
    const elsewhere = await publish(bus, `${spec.subjectPrefix}.0`, { id: 'z', expectedSeq: 1, stream: 'another' });
    assert.ok(!elsewhere.ok && elsewhere.code === JS_ERRORS.otherStreamExpected);
  });

  test('an append sent again because its answer was lost is one record, told as appended', async ({ bus, other }) => {
    const spec = await newLog(bus);
    const record = { id: 'once', data: bytes('once'), expectedSeq: 0 };
    const first = await bus.openLog(spec).append(0, record, never);
    assert.equal(await bus.openLog(spec).append(0, record, never), first);
    await appendAll(other.openLog(spec), ['next'], 1);
    const late = await bus.openLog(spec).append(0, record, never);
    assert.ok(late.kind === 'fenced' && late.last?.id === 'next', 'no longer the last: it cannot be told from a loss');
    assert.is((await bus.openLog(spec).read(0, 1))?.id, 'once');
  });

  test('of two appends that race, exactly one is stored', async ({ bus, other }) => {
    const spec = await newLog(bus);
    const writers = [bus.openLog(spec), other.openLog(spec)];
    let expectedSeq = 0;
    for (let round = 0; round < 25; round += 1) {
      const outcomes = await Promise.all(
        writers.map(async (log, who) => log.append(0, { id: `${round}/${who}`, data: bytes('x'), expectedSeq }, never)),
      );
      assert.is(outcomes.filter(({ kind }) => kind === 'appended').length, 1, `round ${round}`);
      expectedSeq = (await bus.openLog(spec).last(0))?.seq ?? 0;
      assert.is(expectedSeq, round + 1);
    }
  });

  test('a purge up to a sequence leaves that one, and the fence', async ({ bus }) => {
    const spec = await newLog(bus);
    const log = bus.openLog(spec);
    await appendAll(log, ['a', 'b', 'c']);
    assert.is(await purge(bus, spec, { filter: `${spec.subjectPrefix}.0`, seq: 3 }), 2);
    assert.is(await log.read(0, 2), undefined);
    assert.is((await log.last(0))?.id, 'c');
    assert.is((await log.append(0, { id: 'd', data: bytes('d'), expectedSeq: 0 }, never)).kind, 'fenced');
    assert.is(await purge(bus, spec, { filter: `${spec.subjectPrefix}.0`, keep: 1 }), 0);
  });

  test('a subject emptied by a purge has no fence left, though sequences go on', async ({ bus }) => {
    const spec = await newLog(bus);
    const log = bus.openLog(spec);
    await appendAll(log, ['a', 'b']);
    assert.is(await purge(bus, spec, { filter: `${spec.subjectPrefix}.0` }), 2);
    assert.is(await log.last(0), undefined);
    assert.is((await log.append(0, { id: 'c', data: bytes('c'), expectedSeq: 2 }, never)).kind, 'fenced');
    assert.equal(await log.append(0, { id: 'd', data: bytes('d'), expectedSeq: 0 }, never), {
      kind: 'appended',
      seq: 3,
    });
  });

  test('a tail goes on over what was purged, and two tails see one order', async ({ bus, other }) => {
    const spec = await newLog(bus);
    await appendAll(bus.openLog(spec), ['a', 'b', 'c']);
    await purge(bus, spec, { filter: `${spec.subjectPrefix}.0`, seq: 3 });
    const seen: LogEntry[][] = [[], []];
    const tails = [bus, other].map((one, at) =>
      one.openLog(spec).tail(0, 1, {
        onEntry: (entry) => seen[at]?.push(entry),
        onError: (error) => {
          throw error;
        },
      }),
    );
    await appendAll(bus.openLog(spec), ['d', 'e'], 3);
    await eventually(() => seen.every((entries) => entries.length === 3));
    for (const entries of seen) assert.equal(entries.map(({ seq, id }) => `${seq}${id}`).join(' '), '3c 4d 5e');
    for (const tail of tails) tail.close();
  });

  test('a log that is gone takes nothing, also when another life has its subjects', async ({ bus, other }) => {
    const spec = await newLog(bus);
    await appendAll(bus.openLog(spec), ['a']);
    await other.deleteLog(spec);
    const append = async (): Promise<unknown> =>
      bus.openLog(spec).append(0, { id: 'b', data: bytes('b'), expectedSeq: 1 }, never);
    assert.is((await failureOf(append())).code, 'STALE_GENERATION');
    await other.createLog({ ...spec, stream: `${spec.stream}_again` });
    assert.is((await failureOf(append())).code, 'STALE_GENERATION');
    assert.is((await failureOf(bus.openLog(spec).last(0))).code, 'STALE_GENERATION');
    await other.deleteLog(spec); // harmless
  });

  test('a record over the limit is refused', async ({ bus }) => {
    const spec = await newLog(bus);
    const record = { id: 'large', data: new Uint8Array(bus.maxPayloadBytes + 1), expectedSeq: 0 };
    assert.is((await failureOf(bus.openLog(spec).append(0, record, never))).code, 'PAYLOAD_TOO_LARGE');
  });

  test('an entry that expires is gone for all, and its key can be taken anew, not updated', async ({ bus, other }) => {
    const registry = await bus.openRegistry({ bucket: 'c_ttl', ttlMs: 1_000 });
    const theirs = await other.openRegistry({ bucket: 'c_ttl', ttlMs: 1_000 });
    const seen: RegistryChange[] = [];
    const watch = await theirs.watch('', (change) => seen.push(change));
    const revision = await registry.create('leaf', { life: 1 });
    await eventually(() => seen.length === 2);
    assert.equal(seen[0], { key: 'leaf', value: { life: 1 }, revision });
    assert.is(seen[1]?.value, undefined);
    assert.is(await registry.get('leaf'), undefined);
    assert.equal(await registry.list(''), []);
    assert.is((await failureOf(registry.update('leaf', { life: 1 }, revision))).code, 'CONFLICT');
    const next = await theirs.create('leaf', { life: 2 });
    assert.ok(next > revision);
    await watch.close();
  });

  test('a deletion is fenced too, and its marker can be written over', async ({ bus, other }) => {
    const registry = await bus.openRegistry({ bucket: 'c_del' });
    const theirs = await other.openRegistry({ bucket: 'c_del' });
    const first = await registry.create('a.key', 1);
    const second = await theirs.update('a.key', 2, first);
    assert.is((await failureOf(registry.delete('a.key', first))).code, 'CONFLICT');
    assert.is((await theirs.get('a.key'))?.value, 2);
    await registry.delete('a.key', second);
    assert.is(await theirs.get('a.key'), undefined);
    assert.is((await failureOf(theirs.update('a.key', 3, second))).code, 'CONFLICT');
    const [one, two] = await Promise.allSettled([registry.create('a.key', 4), theirs.create('a.key', 5)]);
    assert.equal([one?.status, two?.status].sort(), ['fulfilled', 'rejected']);
    assert.is((await registry.list('a.')).length, 1);
  });

  test('what was sent before a drain is handled, and what comes after finds nobody', async ({ bus, other }) => {
    let count = 0;
    const subscription = other.subscribe('c.drained.*', { queue: 'q' }, () => (count += 1));
    await other.flush();
    for (let at = 0; at < 50; at += 1) bus.publish(`c.drained.${at}`, bytes('x'));
    await bus.flush();
    await subscription.drain();
    assert.is(count, 50);
    const inbox = bus.newInbox();
    const replies: boolean[] = [];
    bus.subscribe(inbox, {}, (message) => replies.push(message.noResponders));
    bus.publish('c.drained.late', bytes('x'), { reply: inbox });
    await eventually(() => replies.length === 1);
    assert.equal(replies, [true]);
  });
}

async function newLog(bus: Bus): Promise<LogSpec> {
  logs += 1;
  const spec = { stream: `c_js_${logs}`, subjectPrefix: `c.js.${logs}` };
  await bus.createLog(spec);
  return spec;
}

async function appendAll(log: Log, ids: readonly string[], after = 0): Promise<void> {
  let expectedSeq = after;
  for (const id of ids) {
    const outcome = await log.append(0, { id, data: bytes(id), expectedSeq }, never);
    if (outcome.kind === 'fenced') throw new Error(`append of ${id} was fenced`);
    expectedSeq = outcome.seq;
  }
}

async function purge(
  bus: JetStreamBus,
  { stream }: LogSpec,
  what: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const answer = await bus.api.call(`STREAM.PURGE.${stream}`, what);
  if (!answer.ok) throw new Error(answer.description);
  return answer.value['purged'];
}

/** A bare publish, to see what the server itself says. */
async function publish(
  bus: JetStreamBus,
  subject: string,
  { id, expectedSeq, stream }: { id: string; expectedSeq: number; stream?: string },
): Promise<ApiAnswer> {
  const headers = {
    [JS_HEADERS.messageId]: id,
    [JS_HEADERS.expectedLastSubjectSeq]: String(expectedSeq),
    ...(stream === undefined ? {} : { [JS_HEADERS.expectedStream]: stream }),
  };
  const answer = await bus.api.exchange(subject, 'x', { headers });
  if (answer === undefined) throw new Error(`no answer on ${subject}`);
  return parseAnswer(answer);
}
