/** The fenced log over a real server: races, lost acknowledgements, crashes, and tails that go on. */
import * as assert from 'uvu/assert';
import type { Bus, LogSpec } from '../../../src/bus/bus.ts';
import type { AppendOutcome, Log, LogEntry } from '../../../src/bus/log.ts';
import { CoppiceError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { failureOf } from '../../support/failure.ts';
import { connectTo, natsSuite } from '../../support/nats-suite.ts';
import { startProxy } from '../../support/tcp-proxy.ts';

const test = natsSuite('bus/nats/log');
const never = new AbortController().signal;
let made = 0;

test('a log is created once, and appends go on from the last record', async ({ bus }) => {
  const { log, spec } = await newLog(bus);
  await bus.createLog(spec);
  assert.is(await log.last(0), undefined);
  const first = seqOf(await log.append(0, record('a', 0), never));
  const second = seqOf(await log.append(0, record('b', first), never));
  assert.equal(plain(await log.last(0)), { seq: second, id: 'b', data: 'record b' });
  assert.equal(plain(await log.read(0, first)), { seq: first, id: 'a', data: 'record a' });
  assert.is(await log.read(1, first), undefined);
  assert.is(await log.read(0, 99), undefined);
});

test('of two racing writers exactly one wins, a hundred times', async ({ bus, server }) => {
  const other = await connectTo(server);
  const { log, spec } = await newLog(bus);
  const rival = other.openLog(spec);
  let expectedSeq = 0;
  for (let round = 0; round < 100; round += 1) {
    const outcomes = await Promise.all([
      log.append(0, record(`a${round}`, expectedSeq), never),
      rival.append(0, record(`b${round}`, expectedSeq), never),
    ]);
    const won = outcomes.filter((outcome) => outcome.kind === 'appended');
    const lost = outcomes.find((outcome) => outcome.kind === 'fenced');
    assert.is(won.length, 1);
    expectedSeq = seqOf(won[0]);
    assert.is(lost?.kind === 'fenced' ? lost.last?.seq : undefined, expectedSeq);
  }
  await other.close();
});

test('shards do not fence each other', async ({ bus }) => {
  const { log } = await newLog(bus);
  const last = [0, 0, 0];
  for (let round = 0; round < 30; round += 1) {
    await Promise.all(
      last.map(async (seq, shard) => {
        last[shard] = seqOf(await log.append(shard, record(`${shard}.${round}`, seq), never));
      }),
    );
  }
  assert.is(new Set(last).size, 3);
  assert.is(Math.max(...last), 90);
});

test('the identical record sent again is found, not stored twice', async ({ bus }) => {
  const { log } = await newLog(bus);
  const first = await log.append(0, record('same', 0), never);
  assert.equal(await log.append(0, record('same', 0), never), first);
  assert.is((await log.last(0))?.seq, 1);
});

test('an acknowledgement lost on the way is found out as success', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const { log, spec } = await newLog(bus);
  const writer = through.openLog(spec);
  for (let round = 0; round < 3; round += 1) {
    const before = (await log.last(0))?.seq ?? 0;
    proxy.mute();
    const appended = writer.append(0, record(`lost${round}`, before), never);
    await eventually(async () => (await log.last(0))?.id === `lost${round}`);
    proxy.cut();
    proxy.heal();
    assert.is(seqOf(await appended), before + 1);
    assert.is((await log.last(0))?.seq, before + 1);
  }
  await through.close();
  await proxy.close();
});

test('a record lost on the way with its acknowledgement is fenced if another took its place', async ({
  bus,
  server,
}) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const { log, spec } = await newLog(bus);
  const writer = through.openLog(spec);
  proxy.cut();
  const late = writer.append(0, record('late', 0), never);
  await log.append(0, record('first', 0), never);
  proxy.heal();
  const outcome = await late;
  assert.ok(outcome.kind === 'fenced' && outcome.last?.id === 'first');
  await through.close();
  await proxy.close();
});

test('an append during a crash of the server is stored exactly once after it', async ({ bus, server }) => {
  const { log } = await newLog(bus);
  let expectedSeq = 0;
  for (let round = 0; round < 3; round += 1) {
    const appending = appendMany(log, { from: expectedSeq, prefix: `crash${round}.`, count: 40 });
    await server.kill();
    await server.restart();
    expectedSeq = await appending;
  }
  assert.is(expectedSeq, 120);
  assert.is((await log.last(0))?.seq, 120);
});

test('an append into a log that is gone says so', async ({ bus }) => {
  const { log, spec } = await newLog(bus);
  await log.append(0, record('a', 0), never);
  await bus.deleteLog(spec);
  await bus.deleteLog(spec);
  assert.is((await failureOf(log.append(0, record('b', 1), never))).code, 'STALE_GENERATION');
  assert.is((await failureOf(log.last(0))).code, 'STALE_GENERATION');
});

test('an append into the subject of another stream is refused', async ({ bus }) => {
  const { spec } = await newLog(bus);
  const wrong = bus.openLog({ ...spec, stream: `${spec.stream}_older` });
  assert.is((await failureOf(wrong.append(0, record('a', 0), never))).code, 'STALE_GENERATION');
});

test('an aborted append ends with the reason', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const { spec } = await newLog(bus);
  proxy.cut();
  const controller = new AbortController();
  const appending = through.openLog(spec).append(0, record('a', 0), controller.signal);
  controller.abort(new Error('stepped down'));
  let reason: unknown;
  await appending.catch((error: unknown) => (reason = error));
  assert.ok(reason instanceof Error && reason.message === 'stepped down');
  await through.close();
  await proxy.close();
});

test('a record over the payload limit is refused', async ({ bus }) => {
  const { log } = await newLog(bus);
  const data = new Uint8Array(bus.maxPayloadBytes + 1);
  assert.is((await failureOf(log.append(0, { id: 'big', data, expectedSeq: 0 }, never))).code, 'PAYLOAD_TOO_LARGE');
});

test('a tail begins where it is told, and delivers in order', async ({ bus }) => {
  const { log } = await newLog(bus);
  await appendMany(log, { from: 0, prefix: 'r', count: 20 });
  const all = follow(log, 0, 1);
  const late = follow(log, 0, 15);
  await eventually(() => all.entries.length === 20 && late.entries.length === 6);
  await appendMany(log, { from: 20, prefix: 's', count: 5 });
  await eventually(() => all.entries.length === 25 && late.entries.length === 11);
  assert.equal(
    all.entries.map((entry) => entry.seq),
    Array.from({ length: 25 }, (_, place) => place + 1),
  );
  assert.is(all.entries[0]?.id, 'r0');
  all.close();
  late.close();
});

test('a tail sees its own shard only', async ({ bus }) => {
  const { log } = await newLog(bus);
  const tail = follow(log, 1, 1);
  await log.append(0, record('zero', 0), never);
  await log.append(1, record('one', 0), never);
  await eventually(() => tail.entries.length === 1);
  assert.is(tail.entries[0]?.id, 'one');
  tail.close();
});

test('a tail goes on after its server crashed and came back', async ({ bus, server }) => {
  const { log } = await newLog(bus);
  const tail = follow(log, 0, 1);
  let last = await appendMany(log, { from: 0, prefix: 'a', count: 10 });
  await eventually(() => tail.entries.length === 10);
  await server.kill();
  await server.restart();
  last = await appendMany(log, { from: last, prefix: 'b', count: 10 });
  await eventually(() => tail.entries.length >= 20, { withinMs: 10_000 });
  assert.equal(
    tail.entries.map((entry) => entry.seq),
    Array.from({ length: last }, (_, place) => place + 1),
  );
  tail.close();
});

test('a tail whose consumer vanishes on the server makes another', async ({ bus }) => {
  const { log, spec } = await newLog(bus);
  const tail = follow(log, 0, 1);
  const last = await appendMany(log, { from: 0, prefix: 'a', count: 3 });
  await eventually(() => tail.entries.length === 3);
  const names = await bus.api.call(`CONSUMER.NAMES.${spec.stream}`, {});
  const consumers = names.ok && Array.isArray(names.value['consumers']) ? names.value['consumers'] : [];
  assert.is(consumers.length, 1);
  await bus.api.call(`CONSUMER.DELETE.${spec.stream}.${String(consumers[0])}`, undefined);
  await appendMany(log, { from: last, prefix: 'b', count: 3 });
  await eventually(() => tail.entries.length === 6, { withinMs: 10_000 });
  tail.close();
});

test('a tail of a log that is deleted ends with an error', async ({ bus }) => {
  const { log, spec } = await newLog(bus);
  const tail = follow(log, 0, 1);
  await log.append(0, record('a', 0), never);
  await eventually(() => tail.entries.length === 1);
  await bus.deleteLog(spec);
  await eventually(() => tail.errors.length === 1, { withinMs: 10_000 });
  assert.match(String(tail.errors[0]), 'stream not found');
  tail.close();
});

test('a tail whose bus is closed ends with an error', async ({ server, bus }) => {
  const other = await connectTo(server);
  const { spec } = await newLog(bus);
  const tail = follow(other.openLog(spec), 0, 1);
  await other.flush();
  await other.close();
  await eventually(() => tail.errors.length === 1);
  assert.ok(tail.errors[0] instanceof CoppiceError && tail.errors[0].code === 'DISCONNECTED');
});

test('records of a megabyte together replay whole', async ({ bus }) => {
  const { log } = await newLog(bus);
  const data = new Uint8Array(200_000).fill(7);
  let expectedSeq = 0;
  for (let round = 0; round < 10; round += 1)
    expectedSeq = seqOf(await log.append(0, { id: `m${round}`, data, expectedSeq }, never));
  const tail = follow(log, 0, 1);
  await eventually(() => tail.entries.length === 10);
  assert.ok(tail.entries.every((entry) => entry.data.length === data.length));
  tail.close();
});

test('a listener that is slow with each record leaves room for timers in between', async ({ bus }) => {
  const { log } = await newLog(bus);
  const count = 300;
  await appendMany(log, { from: 0, prefix: 'r', count });
  const order: number[] = [];
  let turns = 0;
  const turn = setInterval(() => {
    turns += 1;
  }, 1);
  const turnsBefore = new Set<number>();
  const tail = log.tail(0, 1, {
    onEntry: ({ seq }) => {
      order.push(seq);
      turnsBefore.add(turns);
      const untilMs = performance.now() + 1;
      while (performance.now() < untilMs);
    },
    onError: (error) => assert.unreachable(error.message),
  });
  await eventually(() => order.length === count);
  clearInterval(turn);
  tail.close();
  assert.equal(
    order,
    Array.from({ length: count }, (_, place) => place + 1),
  );
  assert.ok(turnsBefore.size > 5, `records were handled in ${turnsBefore.size} stretches`);
});

test.run();

async function newLog(bus: Bus): Promise<{ log: Log; spec: LogSpec }> {
  made += 1;
  const spec = { stream: `t_log_g${made}_x`, subjectPrefix: `t.log.g${made}/x` };
  await bus.createLog(spec);
  return { log: bus.openLog(spec), spec };
}

async function appendMany(log: Log, many: { from: number; prefix: string; count: number }): Promise<number> {
  let expectedSeq = many.from;
  for (let place = 0; place < many.count; place += 1)
    expectedSeq = seqOf(await log.append(0, record(`${many.prefix}${place}`, expectedSeq), never));
  return expectedSeq;
}

function follow(log: Log, shard: number, fromSeq: number): { entries: LogEntry[]; errors: Error[]; close(): void } {
  const entries: LogEntry[] = [];
  const errors: Error[] = [];
  const tail = log.tail(shard, fromSeq, {
    onEntry: (entry) => entries.push(entry),
    onError: (error) => errors.push(error),
  });
  return { entries, errors, close: () => tail.close() };
}

function record(id: string, expectedSeq: number): { id: string; data: Uint8Array; expectedSeq: number } {
  return { id, data: Buffer.from(`record ${id}`), expectedSeq };
}

function plain(entry: LogEntry | undefined): unknown {
  return entry === undefined ? undefined : { ...entry, data: Buffer.from(entry.data).toString() };
}

function seqOf(outcome: AppendOutcome | undefined): number {
  if (outcome?.kind === 'appended') return outcome.seq;
  throw new Error(`not appended: ${JSON.stringify(outcome)}`);
}
