/**
 * What every bus must do, whatever it is made of. Each implementation runs this suite with its own way to open two
 * connections to one bus.
 */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bus, BusMessage } from '../../src/bus/bus.ts';
import type { LogEntry } from '../../src/bus/log.ts';
import { CoppiceError } from '../../src/errors.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';

/** Two connections to the same bus. */
export type TwoBuses = { readonly bus: Bus; readonly other: Bus };

const never = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

/** Adds the tests of the contract to a suite whose context has two connections. */
export function busContract<C extends TwoBuses>(test: Test<C>): void {
  test('a message reaches every plain subscriber, and one of each queue group', async ({ bus, other }) => {
    const seen: string[] = [];
    const note = (who: string) => () => seen.push(who);
    other.subscribe('c.fan.*', {}, note('plain'));
    other.subscribe('c.fan.1', {}, note('plain'));
    other.subscribe('c.fan.1', { queue: 'q' }, note('queue'));
    bus.subscribe('c.fan.1', { queue: 'q' }, note('queue'));
    await Promise.all([bus.flush(), other.flush()]);
    bus.publish('c.fan.1', bytes('x'));
    await eventually(() => seen.length === 3);
    assert.equal(seen.sort(), ['plain', 'plain', 'queue']);
  });

  test('headers, reply and payload arrive as they were sent', async ({ bus, other }) => {
    const got: BusMessage[] = [];
    other.subscribe('c.whole', {}, (message) => got.push(message));
    await other.flush();
    bus.publish('c.whole', bytes('päyload'), { reply: 'c.back', headers: { 'X-One': '1', 'x-two': 'zwei' } });
    await eventually(() => got.length === 1);
    const [message] = got;
    assert.is(text(message?.data ?? bytes('')), 'päyload');
    assert.is(message?.reply, 'c.back');
    assert.is(message?.header('X-One'), '1');
    assert.is(message?.header('x-two'), 'zwei');
    assert.is(message?.header('x-one'), undefined);
    assert.is(message?.noResponders, false);
  });

  test('a request that nobody takes is answered by the bus', async ({ bus }) => {
    const inbox = bus.newInbox();
    const got: BusMessage[] = [];
    bus.subscribe(`${inbox}.*`, {}, (message) => got.push(message));
    bus.publish('c.nobody', bytes(''), { reply: `${inbox}.1` });
    await eventually(() => got.length === 1);
    assert.is(got[0]?.noResponders, true);
    assert.is.not(bus.newInbox(), inbox);
  });

  test('a closed subscription takes nothing more', async ({ bus, other }) => {
    let count = 0;
    const closed = other.subscribe('c.closed', {}, () => (count += 1));
    const drained = other.subscribe('c.closed', {}, () => (count += 1));
    closed.close();
    closed.close();
    await drained.drain();
    await drained.drain();
    bus.publish('c.closed', bytes('x'));
    await bus.flush();
    await other.flush();
    assert.is(count, 0);
  });

  test('a message over the limit is refused', ({ bus }) => {
    const large = new Uint8Array(bus.maxPayloadBytes + 1);
    assert.throws(
      () => bus.publish('c.large', large),
      (error: unknown) => error instanceof CoppiceError && error.code === 'PAYLOAD_TOO_LARGE',
    );
  });

  test('appends are fenced by the last record of their shard', async ({ bus, other }) => {
    const spec = { stream: 'c_log_a', subjectPrefix: 'c.log.a' };
    await Promise.all([bus.createLog(spec), other.createLog(spec)]);
    const [mine, theirs] = [bus.openLog(spec), other.openLog(spec)];
    const first = await mine.append(0, { id: '1', data: bytes('one'), expectedSeq: 0 }, never);
    assert.equal(first, { kind: 'appended', seq: 1 });
    const fenced = await theirs.append(0, { id: '2', data: bytes('two'), expectedSeq: 0 }, never);
    assert.ok(fenced.kind === 'fenced' && fenced.last?.id === '1');
    assert.equal(await theirs.append(1, { id: '3', data: bytes('three'), expectedSeq: 0 }, never), {
      kind: 'appended',
      seq: 2,
    });
    assert.equal(await theirs.append(0, { id: '4', data: bytes('four'), expectedSeq: 1 }, never), {
      kind: 'appended',
      seq: 3,
    });
    assert.is((await mine.last(0))?.id, '4');
    assert.is((await mine.read(1, 2))?.id, '3');
    await bus.deleteLog(spec);
  });

  test('a log may begin at any sequence, and is fenced, read, followed and purged from there on', async ({
    bus,
    other,
  }) => {
    const spec = { stream: 'c_log_first', subjectPrefix: 'c.log.first' };
    await bus.createLog(spec, 5_000);
    await bus.createLog(spec, 5_000);
    const log = bus.openLog(spec);
    assert.is(await log.last(0), undefined);
    assert.is(await log.read(0, 4_999), undefined);
    assert.equal(await log.append(0, { id: '1', data: bytes('one'), expectedSeq: 0 }, never), {
      kind: 'appended',
      seq: 5_000,
    });
    await log.purge(0, 4_000);
    assert.is((await log.append(0, { id: '2', data: bytes('two'), expectedSeq: 0 }, never)).kind, 'fenced');
    await log.append(0, { id: '3', data: bytes('three'), expectedSeq: 5_000 }, never);
    const seqs: number[] = [];
    const tail = other.openLog(spec).tail(0, 4_001, { onEntry: ({ seq }) => seqs.push(seq), onError: () => {} });
    await eventually(() => seqs.length === 2);
    assert.equal(seqs, [5_000, 5_001]);
    tail.close();
    await bus.deleteLog(spec);
  });

  test('a tail delivers its shard from a sequence on, in order, and ends when the log is gone', async ({
    bus,
    other,
  }) => {
    const spec = { stream: 'c_log_b', subjectPrefix: 'c.log.b' };
    await bus.createLog(spec);
    const log = bus.openLog(spec);
    let expectedSeq = 0;
    const append = async (id: string): Promise<void> => {
      const outcome = await log.append(0, { id, data: bytes(id), expectedSeq }, never);
      expectedSeq = outcome.kind === 'appended' ? outcome.seq : expectedSeq;
    };
    for (const id of ['a', 'b', 'c']) await append(id);
    const entries: LogEntry[] = [];
    const errors: Error[] = [];
    const tail = other
      .openLog(spec)
      .tail(0, 2, { onEntry: (entry) => entries.push(entry), onError: (error) => errors.push(error) });
    await eventually(() => entries.length === 2);
    await append('d');
    await eventually(() => entries.length === 3);
    assert.equal(
      entries.map(({ seq, id, data }) => [seq, id, text(data)]),
      [
        [2, 'b', 'b'],
        [3, 'c', 'c'],
        [4, 'd', 'd'],
      ],
    );
    await bus.deleteLog(spec);
    await eventually(() => errors.length === 1, { withinMs: 15_000 });
    assert.ok(errors[0] instanceof CoppiceError && errors[0].code === 'STALE_GENERATION');
    tail.close();
  });

  test('the registry changes by compare-and-set, and everyone sees it', async ({ bus, other }) => {
    const [mine, theirs] = await Promise.all([
      bus.openRegistry({ bucket: 'c_reg' }),
      other.openRegistry({ bucket: 'c_reg' }),
    ]);
    const seen = new Map<string, unknown>();
    const watch = await theirs.watch('a.', ({ key, value }) => seen.set(key, value));
    const revision = await mine.create('a.x', { n: 1 });
    assert.is((await failureOf(theirs.create('a.x', {}))).code, 'CONFLICT');
    await eventually(() => seen.has('a.x'));
    await theirs.update('a.x', { n: 2 }, revision);
    assert.is((await failureOf(mine.update('a.x', { n: 3 }, revision))).code, 'CONFLICT');
    await mine.delete('a.x');
    await eventually(() => seen.has('a.x') && seen.get('a.x') === undefined);
    await mine.create('a.x', { n: 4 });
    assert.equal(
      (await theirs.list('a.')).map(({ value }) => value),
      [{ n: 4 }],
    );
    await watch.close();
  });
}
