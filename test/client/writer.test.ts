/** Commands on their way to a primary: here a primary that does what the test says, on a real bus. */
import * as assert from 'uvu/assert';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import { tokenOf, type WriteResult, Writer } from '../../src/client/writer.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { createGroup, deleteGroup } from '../../src/cluster/groups.ts';
import { leaseKey } from '../../src/cluster/view.ts';
import { systemEnv } from '../../src/env.ts';
import { CoppiceError, type ErrorCode } from '../../src/errors.ts';
import {
  type CommandAnswer,
  type CommandMessage,
  type CommandOutcome,
  parseCommandMessage,
} from '../../src/wire/messages.ts';
import { groupToken } from '../../src/wire/names.ts';
import type { GroupRecord } from '../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { counterDefinition } from '../shard/support/counter.ts';
import { within } from '../shard/support/story.ts';
import { eventually } from '../support/eventually.ts';
import type { TestServer } from '../support/nats-server.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('client/writer');
let clusters = 0;

type Scene = {
  readonly context: ClusterContext;
  readonly group: GroupRecord;
  readonly writer: Writer;
  /** Messages with operations that the primary got. */
  readonly received: CommandMessage[];
  /** What the primary calls its term when it is asked for a stamp. */
  term: number;
  /** What the primary does with one; the default carries everything out. */
  answer: (message: CommandMessage, shard: number) => Promise<CommandAnswer>;
  write(keys: readonly string[], deadlineMs?: number): Promise<readonly WriteResult[]>;
  close(): Promise<void>;
};

const done = (message: CommandMessage, seq: number): CommandAnswer => ({
  term: 1,
  seq,
  outcomes: message.operations.map(({ id }): CommandOutcome => ({ ok: true, value: id, seq })),
});

const refused = (code: ErrorCode): CommandOutcome => ({ ok: false, error: { code, message: 'no' }, seq: 0 });

async function openScene(server: TestServer, options: { shards?: number; leads?: boolean } = {}): Promise<Scene> {
  clusters += 1;
  const bus: NatsBus = await connectTo(server);
  const context = await joinCluster({ cluster: `writer${clusters}`, bus, env: systemEnv, report: () => {} });
  const shards = options.shards ?? 1;
  const group = await createGroup(context, {
    name: 'counter',
    definition: counterDefinition,
    shards,
    copies: 1,
    requires: 'group:counter',
    settings: null,
  });
  await context.view.until(() => context.view.group('counter') !== undefined, 5_000);
  const writer = new Writer(context);
  let seq = 10;
  const scene: Scene = {
    context,
    group,
    writer,
    received: [],
    term: 1,
    answer: async (message) => done(message, seq++),
    write: async (keys, deadlineMs = 3_000) =>
      writer.write(
        group,
        'add',
        keys.map((key) => ({ key, body: { key } })),
        within(deadlineMs),
      ),
    close: async () => {
      await context.close();
      await bus.close();
    },
  };
  if (options.leads === false) return scene;
  for (let shard = 0; shard < shards; shard++) {
    const token = groupToken(group.name, group.generation);
    context.rpc.serve({
      subject: fill(SUBJECTS.primary, { cluster: context.cluster, group: token, shard }),
      handler: async ({ body }) => {
        const message = parseCommandMessage(body);
        if (message.since === undefined) return { term: scene.term, seq: seq++, outcomes: [] };
        scene.received.push(message);
        return scene.answer(message, shard);
      },
    });
  }
  await bus.flush();
  return scene;
}

function codes(results: readonly WriteResult[]): readonly string[] {
  return results.map((result) => (result.ok ? 'ok' : result.error.code));
}

test('results come in the order of the operations, over shards; the token names each', async ({ server }) => {
  const scene = await openScene(server, { shards: 3 });
  const keys = Array.from({ length: 50 }, (_, n) => `k${n}`);
  const results = await scene.write(keys);
  const idOf = new Map(scene.received.flatMap(({ operations }) => operations.map(({ id, key }) => [key, id] as const)));
  assert.equal(
    results.map((result) => result.ok && result.value),
    keys.map((key) => idOf.get(key)),
  );
  assert.equal(Object.keys(tokenOf(results)), ['0', '1', '2']);
  assert.equal(await scene.writer.write(scene.group, 'add', [], within(100)), []);
  await scene.close();
});

test('what was not settled is sent again, the same operations and no others', async ({ server }) => {
  const scene = await openScene(server);
  scene.answer = async (message) => {
    scene.answer = async (again) => done(again, 20);
    const { outcomes } = done(message, 12);
    return { term: 1, seq: 12, outcomes: outcomes.map((outcome, n) => (n === 1 ? refused('NOT_PRIMARY') : outcome)) };
  };
  const results = await scene.write(['a', 'b', 'c']);
  assert.equal(codes(results), ['ok', 'ok', 'ok']);
  assert.equal(
    scene.received.map(({ operations }) => operations.map(({ key }) => key)),
    [['a', 'b', 'c'], ['b']],
  );
  assert.is(scene.received[1]?.operations[0]?.id, scene.received[0]?.operations[1]?.id);
  assert.is(scene.received[1]?.since, scene.received[0]?.since, 'a retry is never stamped anew');
  await scene.close();
});

test('an error of one operation is its own', async ({ server }) => {
  const scene = await openScene(server);
  scene.answer = async (message) => ({
    ...done(message, 12),
    outcomes: done(message, 12).outcomes.map((outcome, n) => (n === 0 ? refused('CONFLICT') : outcome)),
  });
  assert.equal(codes(await scene.write(['a', 'b'])), ['CONFLICT', 'ok']);
  assert.is(scene.received.length, 1);
  await scene.close();
});

test('many operations go in several messages, one after the other', async ({ server }) => {
  const scene = await openScene(server);
  let running = 0;
  let most = 0;
  scene.answer = async (message) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return done(message, 12);
  };
  const keys = Array.from({ length: 4_500 }, () => 'same');
  assert.ok((await scene.write(keys)).every(({ ok }) => ok));
  assert.equal(
    scene.received.map(({ operations }) => operations.length),
    [2_000, 2_000, 500],
  );
  assert.is(most, 1);
  await scene.close();
});

test('a document that no message can carry is refused alone', async ({ server }) => {
  const scene = await openScene(server);
  const padding = 'x'.repeat(scene.context.bus.maxPayloadBytes);
  const operations = [
    { key: 'a', body: {} },
    { key: 'b', body: { padding } },
    { key: 'c', body: {} },
  ];
  const results = await scene.writer.write(scene.group, 'add', operations, within(3_000));
  assert.equal(codes(results), ['ok', 'PAYLOAD_TOO_LARGE', 'ok']);
  await scene.close();
});

test('without a primary nothing was written, and that is what is said', async ({ server }) => {
  const scene = await openScene(server, { leads: false });
  assert.equal(codes(await scene.write(['a'], 200)), ['SHARD_UNAVAILABLE']);
  await scene.close();
});

test('writes without a primary wait together: few questions are asked, and few doubts told', async ({ server }) => {
  const scene = await openScene(server, { leads: false });
  const { context, group } = scene;
  const place = { cluster: context.cluster, group: groupToken(group.name, group.generation), shard: 0 };
  let doubts = 0;
  context.bus.subscribe(fill(SUBJECTS.doubt, place), {}, () => (doubts += 1));
  await context.bus.flush();
  const startMs = performance.now();
  const waiting = Promise.all(Array.from({ length: 200 }, async (_, n) => scene.write([`k${n}`], 5_000)));
  await eventually(() => doubts >= 3);
  assert.ok(doubts <= 1 + (performance.now() - startMs) / 50, `${doubts} doubts`);
  let questions = 0;
  let writes = 0;
  context.rpc.serve({
    subject: fill(SUBJECTS.primary, place),
    handler: async ({ body }) => {
      const message = parseCommandMessage(body);
      if (message.since === undefined) questions += 1;
      else writes += message.operations.length;
      return done(message, 12);
    },
  });
  assert.ok((await waiting).flat().every(({ ok }) => ok));
  assert.is(writes, 200);
  assert.ok(questions <= 2, `${questions} questions`);
  await scene.close();
});

test('a write waits for a primary no longer than its deadline, and ends when it is cancelled', async ({ server }) => {
  const scene = await openScene(server, { leads: false });
  const cancel = new AbortController();
  const cancelled = scene.writer.write(scene.group, 'add', [{ key: 'a', body: {} }], {
    ...within(5_000),
    signal: cancel.signal,
  });
  assert.equal(codes(await scene.write(['b'], 150)), ['SHARD_UNAVAILABLE']);
  cancel.abort();
  assert.equal(codes(await cancelled), ['CANCELLED']);
  await scene.close();
});

test('a primary that is too busy leaves no doubt', async ({ server }) => {
  const scene = await openScene(server);
  scene.answer = async (message) => ({
    term: 1,
    seq: 12,
    outcomes: message.operations.map(() => refused('OVERLOADED')),
  });
  assert.equal(codes(await scene.write(['a'], 500)), ['SHARD_UNAVAILABLE']);
  await scene.close();
});

test('a primary that has ended refuses for itself alone: the next one may have heard the command', async ({
  server,
}) => {
  const scene = await openScene(server);
  const { context, group } = scene;
  const heardByNext: unknown[] = [];
  const subject = fill(SUBJECTS.primary, {
    cluster: context.cluster,
    group: groupToken(group.name, group.generation),
    shard: 0,
  });
  context.bus.subscribe(subject, {}, ({ data }) => heardByNext.push(data));
  scene.answer = async (message) => ({
    term: 1,
    seq: 12,
    outcomes: message.operations.map(() => refused('NOT_PRIMARY')),
  });
  assert.equal(codes(await scene.write(['a'], 300)), ['OUTCOME_UNKNOWN']);
  assert.ok(heardByNext.length > 0);
  await scene.close();
});

for (const code of ['SHARD_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'DISCONNECTED'] as const) {
  test(`a try that ended in ${code} may have been carried out`, async ({ server }) => {
    const scene = await openScene(server);
    scene.answer = async () => {
      throw new CoppiceError(code, 'who knows');
    };
    assert.equal(codes(await scene.write(['a'], 200)), ['OUTCOME_UNKNOWN']);
    await scene.close();
  });
}

test('a primary that is silent leaves the outcome unknown', async ({ server }) => {
  const scene = await openScene(server);
  let speak = (): void => {};
  const silence = new Promise<void>((resolve) => (speak = resolve));
  scene.answer = async (message) => {
    await silence;
    return done(message, 12);
  };
  assert.equal(codes(await scene.write(['a'], 250)), ['OUTCOME_UNKNOWN']);
  speak();
  await scene.close();
});

test('a try ends when the lease goes to another, and the next one is answered', async ({ server }) => {
  const scene = await openScene(server);
  const { context, group } = scene;
  let speak = (): void => {};
  const silence = new Promise<void>((resolve) => (speak = resolve));
  scene.answer = async (message) => {
    scene.answer = async (next) => done(next, 13);
    await context.registry.put(leaseKey(group, 0), { owner: 'successor', incarnation: 'i', term: 2 });
    await silence;
    return done(message, 12);
  };
  // Shorter than a try: without the news of the lease the write would end in doubt.
  assert.equal(codes(await scene.write(['a'], 2_500)), ['ok']);
  const [first, second] = scene.received;
  assert.equal(first?.operations, second?.operations);
  speak();
  await scene.close();
});

test('an answer of an older term is not believed', async ({ server }) => {
  const scene = await openScene(server);
  scene.answer = async (message) => ({ ...done(message, 12), term: scene.term });
  scene.term = 5;
  assert.equal(codes(await scene.write(['a'])), ['ok']);
  scene.term = 4;
  assert.equal(codes(await scene.write(['b'], 200)), ['OUTCOME_UNKNOWN']);
  scene.term = 6;
  assert.equal(codes(await scene.write(['b'])), ['ok']);
  await scene.close();
});

test('a group deleted while it is written to is gone, not unavailable', async ({ server }) => {
  const scene = await openScene(server);
  scene.answer = async (message) => ({
    term: 1,
    seq: 12,
    outcomes: message.operations.map(() => refused('OVERLOADED')),
  });
  const startMs = performance.now();
  const pending = scene.write(['a'], 5_000);
  await eventually(() => scene.received.length > 0);
  await deleteGroup(scene.context, 'counter');
  assert.equal(codes(await pending), ['GROUP_NOT_FOUND']);
  assert.ok(performance.now() - startMs < 4_000);
  await scene.close();
});

test('a write that is cancelled ends, and says whether it may have happened', async ({ server }) => {
  const scene = await openScene(server, { leads: false });
  const controller = new AbortController();
  const write = async (): Promise<readonly WriteResult[]> =>
    scene.writer.write(scene.group, 'add', [{ key: 'a', body: {} }], { ...within(5_000), signal: controller.signal });
  const pending = write();
  controller.abort(new Error('not wanted'));
  assert.equal(codes(await pending), ['CANCELLED']);
  assert.equal(codes(await write()), ['CANCELLED']);
  await scene.close();
});

test.run();
