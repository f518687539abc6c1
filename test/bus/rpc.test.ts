/** Requests over a real server: encodings, errors, deadlines, bounds, and answers in parts. */
import * as assert from 'uvu/assert';
import { Rpc } from '../../src/bus/rpc.ts';
import { systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { decode, encode } from '../../src/wire/codec.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('bus/rpc');
const faults: unknown[] = [];
const newRpc = (bus: ConstructorParameters<typeof Rpc>[0]): Rpc =>
  new Rpc(bus, systemEnv, (error) => faults.push(error));

test('an answer comes in the encoding of the request', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'echo.both', handler: async ({ body, encoding }) => ({ body, encoding }) });
  for (const encoding of ['json', 'msgpack'] as const) {
    const answer = await rpc.request('echo.both', { text: 'wal' }, { encoding });
    assert.equal(answer, { body: { text: 'wal' }, encoding });
  }
  await rpc.close();
});

test('a bare request without headers is answered in JSON with its content type', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'echo.bare', handler: async ({ body }) => ({ body }) });
  const reply = await bus.nats.request('echo.bare', '{"a":1}', { timeout: 2_000 });
  assert.is(reply.headers?.get('Content-Type'), 'application/json');
  assert.equal(reply.json(), { body: { a: 1 } });
  await rpc.close();
});

test('a typed error arrives with code, message and details, and with the service headers', async ({ bus }) => {
  const rpc = newRpc(bus);
  const handler = async (): Promise<never> => {
    throw new CoppiceError('CONFLICT', 'version 3\nwas expected', { details: { version: 3 } });
  };
  rpc.serve({ subject: 'fails.typed', handler });
  const error = await failureOf(rpc.request('fails.typed', {}));
  assert.is(error.code, 'CONFLICT');
  assert.is(error.message, 'version 3\nwas expected');
  assert.equal(error.details, { version: 3 });
  const raw = await bus.nats.request('fails.typed', '{}', { timeout: 2_000 });
  assert.is(raw.headers?.get('Nats-Service-Error-Code'), '409');
  assert.is(raw.headers?.get('Nats-Service-Error'), 'version 3 was expected');
  await rpc.close();
});

test('what a handler throws by mistake is reported, and answered as internal', async ({ bus }) => {
  const rpc = newRpc(bus);
  const handler = async (): Promise<never> => {
    throw new TypeError('x is not a function');
  };
  rpc.serve({ subject: 'fails.crash', handler });
  faults.length = 0;
  assert.is((await failureOf(rpc.request('fails.crash', {}))).code, 'INTERNAL');
  assert.ok(faults[0] instanceof TypeError);
  await rpc.close();
});

test('an error of the public shape is understood too', async ({ bus }) => {
  const rpc = newRpc(bus);
  const handler = async (): Promise<never> => {
    throw new CoppiceError('GROUP_NOT_FOUND', 'no such index');
  };
  const errorBody = (error: CoppiceError): unknown => ({
    error: { type: 'index_not_found_exception', reason: error.message },
    status: error.status,
  });
  rpc.serve({ subject: 'fails.public', handler, errorBody });
  const error = await failureOf(rpc.request('fails.public', {}));
  assert.is(error.code, 'GROUP_NOT_FOUND');
  assert.is(error.message, 'no such index');
  await rpc.close();
});

test('a subject that nobody serves fails at once', async ({ bus }) => {
  const rpc = newRpc(bus);
  assert.is((await failureOf(rpc.request('nobody.here', {}))).code, 'NO_RESPONDERS');
  const startMs = performance.now();
  assert.is((await failureOf(rpc.request('nobody.here', {}))).code, 'NO_RESPONDERS');
  assert.ok(performance.now() - startMs < 1_000);
  await rpc.close();
});

test('a request past its deadline fails, and its late answer is dropped', async ({ bus }) => {
  const rpc = newRpc(bus);
  let aborted = false;
  const handler = ({ signal }: { signal: AbortSignal }): Promise<unknown> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        aborted = true;
        resolve('late');
      });
    });
  rpc.serve({ subject: 'slow', handler });
  assert.is((await failureOf(rpc.request('slow', {}, { deadlineMs: 50 }))).code, 'DEADLINE_EXCEEDED');
  await eventually(() => aborted);
  assert.is(rpc.replies.waiting, 0);
  await rpc.close();
});

test('a request whose budget is spent on arrival is not handled', async ({ bus }) => {
  const rpc = newRpc(bus);
  const seen: unknown[] = [];
  rpc.serve({ subject: 'spent', handler: async ({ body }) => seen.push(body) });
  bus.publish('spent', encode(1, 'json'), { headers: { 'Coppice-Deadline-Ms': '0' } });
  await rpc.request('spent', 2);
  assert.equal(seen, [2]);
  await rpc.close();
});

test('the deadline shrinks on the way and is ten seconds without a header', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'left', handler: async ({ deadline }) => deadline.remainingMs() });
  const left = Number(await rpc.request('left', {}, { deadlineMs: 700 }));
  assert.ok(left > 0 && left <= 700, `${left}`);
  const bare = await bus.nats.request('left', '{}', { timeout: 2_000 });
  assert.ok(Number(bare.json()) > 9_000);
  await rpc.close();
});

test('an aborted request is cancelled', async ({ bus }) => {
  const rpc = newRpc(bus);
  let release = (): void => {};
  const server = rpc.serve({ subject: 'hang', handler: () => new Promise<void>((resolve) => (release = resolve)) });
  const controller = new AbortController();
  const failed = failureOf(rpc.request('hang', {}, { signal: controller.signal }));
  await eventually(() => server.inFlight === 1);
  controller.abort();
  assert.is((await failed).code, 'CANCELLED');
  assert.is((await failureOf(rpc.request('hang', {}, { signal: controller.signal }))).code, 'CANCELLED');
  release();
  await rpc.close();
});

test('requests beyond the bound are refused, and taken again later', async ({ bus }) => {
  const rpc = newRpc(bus);
  const waiting: (() => void)[] = [];
  const server = rpc.serve({
    subject: 'bounded',
    maxInFlight: 2,
    handler: () => new Promise((resolve) => waiting.push(() => resolve('done'))),
  });
  const running = [rpc.request('bounded', {}), rpc.request('bounded', {})];
  await eventually(() => server.inFlight === 2);
  assert.is((await failureOf(rpc.request('bounded', {}))).code, 'OVERLOADED');
  for (const finish of waiting.splice(0)) finish();
  assert.equal(await Promise.all(running), ['done', 'done']);
  await rpc.close();
});

test('a malformed payload is answered without calling the handler', async ({ bus }) => {
  const rpc = newRpc(bus);
  let calls = 0;
  rpc.serve({ subject: 'strict', handler: async () => (calls += 1) });
  const broken = await bus.nats.request('strict', '{"a":', { timeout: 2_000 });
  assert.is(broken.headers?.get('Nats-Service-Error-Code'), '400');
  assert.is(broken.json<{ code: string }>().code, 'PARSING_FAILED');
  const unknown = await failureOf(rpc.request('strict', {}, { headers: { 'Content-Type': 'text/html' } }));
  assert.is(unknown.code, 'BAD_REQUEST');
  assert.is(calls, 0);
  await rpc.close();
});

test('an answer of several megabytes comes in parts and whole', async ({ bus }) => {
  const rpc = newRpc(bus);
  const bytes = new Uint8Array(3_500_000).map((_, place) => place % 251);
  rpc.serve({ subject: 'large', handler: async () => ({ bytes }) });
  const answer = await rpc.request('large', {});
  assert.ok(typeof answer === 'object' && answer !== null && 'bytes' in answer && answer.bytes instanceof Uint8Array);
  assert.is(Buffer.compare(answer.bytes, bytes), 0);
  await rpc.close();
});

test('a requester that takes no parts is told that the answer is too large', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'large.bare', handler: async () => 'x'.repeat(bus.maxPayloadBytes + 1) });
  const reply = await bus.nats.request('large.bare', '{}', { timeout: 2_000 });
  assert.is(reply.headers?.get('Nats-Service-Error-Code'), '413');
  assert.is(
    (await failureOf(rpc.request('large.bare', 'x'.repeat(bus.maxPayloadBytes + 1)))).code,
    'PAYLOAD_TOO_LARGE',
  );
  await rpc.close();
});

test('a server that closes answers what it has begun, and takes no more', async ({ bus, server }) => {
  const other = await connectTo(server);
  const rpc = newRpc(bus);
  const serving = newRpc(other);
  const finish: (() => void)[] = [];
  const served = serving.serve({
    subject: 'draining',
    handler: () => new Promise((resolve) => finish.push(() => resolve('finished'))),
  });
  await other.flush();
  const begun = rpc.request('draining', {});
  await eventually(() => served.inFlight === 1);
  const closed = served.close();
  await eventually(
    async () => (await failureOf(rpc.request('draining', {}, { deadlineMs: 200 }))).code === 'NO_RESPONDERS',
  );
  for (const answer of finish) answer(); // requests on their way when it began to close are answered too
  assert.is(await begun, 'finished');
  await closed;
  await other.close();
  await rpc.close();
});

test('requests in a queue group go to one server each', async ({ bus }) => {
  const rpc = newRpc(bus);
  const counts = [0, 0];
  for (const place of [0, 1]) {
    rpc.serve({ subject: 'shared', queue: 'q', handler: async () => (counts[place] = (counts[place] ?? 0) + 1) });
  }
  await Promise.all(Array.from({ length: 40 }, () => rpc.request('shared', {})));
  assert.is((counts[0] ?? 0) + (counts[1] ?? 0), 40);
  assert.ok(counts.every((count) => count > 0));
  await rpc.close();
});

test('random bytes as payload never go unanswered', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'fuzz', handler: async () => 'ok' });
  for (let round = 0; round < 60; round += 1) {
    const bytes = Uint8Array.from(
      { length: 1 + (round % 23) },
      (_, place) => (round * 37 + place * 101 + round * round) % 256,
    );
    const reply = await bus.nats.request('fuzz', bytes, { timeout: 2_000 });
    const type = reply.headers?.get('Content-Type') === 'application/json' ? 'json' : 'msgpack';
    assert.ok(decode(reply.data, type) !== undefined);
  }
  await rpc.close();
});

test.run();
