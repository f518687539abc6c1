/** Scatter and gather over a real server: partial answers, retries, hedges and budgets. */
import * as assert from 'uvu/assert';
import { Rpc } from '../../src/bus/rpc.ts';
import { type Outcome, type ScatterOptions, type ScatterPart, scatter } from '../../src/bus/scatter.ts';
import { Deadline, systemEnv } from '../../src/env.ts';
import { CoppiceError, type ErrorCode } from '../../src/errors.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('bus/scatter');
const newRpc = (bus: ConstructorParameters<typeof Rpc>[0]): Rpc => new Rpc(bus, systemEnv, () => {});

test('every part is answered, in the order of the parts', async ({ bus }) => {
  const rpc = newRpc(bus);
  for (const shard of [0, 1, 2]) rpc.serve({ subject: `all.${shard}`, handler: async ({ body }) => ({ shard, body }) });
  const outcomes = await scatter(rpc, partsOf('all', 3), options());
  assert.equal(
    outcomes.map(valueOf),
    [0, 1, 2].map((shard) => ({ shard, body: { q: 'wal' } })),
  );
  assert.equal(await scatter(rpc, [], options()), []);
  assert.is(rpc.replies.waiting, 0);
  await rpc.close();
});

test('a silent shard is missing at the deadline, and the others are there', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'partial.0', handler: async () => 'here' });
  bus.subscribe('partial.1', {}, () => {});
  const outcomes = await scatter(rpc, partsOf('partial', 2), options({ deadlineMs: 100 }));
  assert.is(valueOf(outcomes[0]), 'here');
  assert.is(codeOf(outcomes[1]), 'DEADLINE_EXCEEDED');
  assert.match(errorOf(outcomes[1]).message, 'shard 1 did not answer');
  await rpc.close();
});

test('a part that nobody serves is tried at its other copies', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'gone.copy.b', handler: async () => 'copy b' });
  const [part] = partsOf('gone', 1, ['gone.copy.a', 'gone.copy.b']);
  const [outcome] = await scatter(rpc, part === undefined ? [] : [part], options({ retries: 3 }));
  assert.is(valueOf(outcome), 'copy b');
  assert.ok(outcome?.ok === true && outcome.tries === 3 && outcome.via === 'gone.copy.b');
  await rpc.close();
});

test('a refused part goes to another copy, a bad request does not', async ({ bus }) => {
  const rpc = newRpc(bus);
  rpc.serve({ subject: 'refused.0', handler: failing('OVERLOADED') });
  rpc.serve({ subject: 'refused.1', handler: failing('BAD_REQUEST') });
  rpc.serve({ subject: 'refused.copy', handler: async () => 'copy' });
  const [first, second] = await scatter(rpc, partsOf('refused', 2, ['refused.copy']), options({ retries: 5 }));
  assert.is(valueOf(first), 'copy');
  assert.is(codeOf(second), 'BAD_REQUEST');
  assert.ok(second?.tries === 1);
  await rpc.close();
});

test('without other copies a retry waits, and goes to the same subject', async ({ bus }) => {
  const rpc = newRpc(bus);
  let calls = 0;
  const handler = async (): Promise<string> => {
    calls += 1;
    if (calls < 3) throw new CoppiceError('OVERLOADED', 'busy');
    return 'at last';
  };
  rpc.serve({ subject: 'again.0', handler });
  const [outcome] = await scatter(rpc, partsOf('again', 1), options({ retries: 4 }));
  assert.is(valueOf(outcome), 'at last');
  await rpc.close();
});

test('all parts together use no more retries than allowed', async ({ bus }) => {
  const rpc = newRpc(bus);
  let calls = 0;
  const handler = async (): Promise<never> => {
    calls += 1;
    throw new CoppiceError('SHARD_UNAVAILABLE', 'not now');
  };
  for (const shard of [0, 1, 2]) rpc.serve({ subject: `budget.${shard}`, handler });
  const outcomes = await scatter(rpc, partsOf('budget', 3), options({ retries: 4 }));
  assert.equal(outcomes.map(codeOf), Array(3).fill('SHARD_UNAVAILABLE'));
  assert.is(calls, 3 + 4);
  await rpc.close();
});

test('a silent copy is overtaken by a hedge to another', async ({ bus }) => {
  const rpc = newRpc(bus);
  bus.subscribe('hung.0', {}, () => {});
  bus.subscribe('hung.copy.a', {}, () => {});
  rpc.serve({ subject: 'hung.copy.b', handler: async () => 'from b' });
  const startMs = performance.now();
  const [outcome] = await scatter(
    rpc,
    partsOf('hung', 1, ['hung.copy.a', 'hung.copy.b']),
    options({ hedgeAfterMs: 20, deadlineMs: 5_000 }),
  );
  assert.is(valueOf(outcome), 'from b');
  assert.ok(outcome?.ok === true && outcome.via === 'hung.copy.b' && outcome.tries === 3);
  assert.ok(performance.now() - startMs < 2_500);
  await rpc.close();
});

test('an error of a hedge does not end a part whose first try still runs', async ({ bus }) => {
  const rpc = newRpc(bus);
  let release = (): void => {};
  rpc.serve({
    subject: 'slowish.0',
    handler: () => new Promise((resolve) => (release = () => resolve('slow but sure'))),
  });
  rpc.serve({
    subject: 'slowish.copy',
    handler: async () => {
      systemEnv.clock.after(30, () => release());
      throw new CoppiceError('OVERLOADED', 'busy');
    },
  });
  const [outcome] = await scatter(
    rpc,
    partsOf('slowish', 1, ['slowish.copy']),
    options({ hedgeAfterMs: 10, retries: 0 }),
  );
  assert.is(valueOf(outcome), 'slow but sure');
  await rpc.close();
});

test('each copy is asked once before a part is asked anew', async ({ bus }) => {
  const rpc = newRpc(bus);
  const asked: string[] = [];
  for (const subject of ['quiet.0', 'quiet.copy.a', 'quiet.copy.b'])
    bus.subscribe(subject, {}, (message) => asked.push(message.subject));
  await scatter(
    rpc,
    partsOf('quiet', 1, ['quiet.copy.a', 'quiet.copy.b']),
    options({ hedgeAfterMs: 10, deadlineMs: 200 }),
  );
  assert.equal(asked, ['quiet.0', 'quiet.copy.a', 'quiet.copy.b']);
  await rpc.close();
});

test('a part is asked anew when the copy that took it has died and another serves by now', async ({ bus }) => {
  const rpc = newRpc(bus);
  const deaf = bus.subscribe('died.0', {}, () => {
    deaf.close();
    rpc.serve({ subject: 'died.0', handler: async () => 'from the next' });
  });
  const [outcome] = await scatter(
    rpc,
    partsOf('died', 1, ['died.copy.a']),
    options({ hedgeAfterMs: 10, retries: 3, deadlineMs: 10_000 }),
  );
  assert.is(valueOf(outcome), 'from the next');
  await rpc.close();
});

test('a silent part is asked anew no more often than the budget allows', async ({ bus }) => {
  const rpc = newRpc(bus);
  const asked: string[] = [];
  bus.subscribe('mute.0', {}, (message) => asked.push(message.subject));
  const [outcome] = await scatter(rpc, partsOf('mute', 1), options({ hedgeAfterMs: 5, retries: 1, deadlineMs: 1_500 }));
  assert.is(codeOf(outcome), 'DEADLINE_EXCEEDED');
  assert.equal(asked, ['mute.0', 'mute.0']);
  await rpc.close();
});

test('answers of several megabytes are gathered whole', async ({ bus }) => {
  const rpc = newRpc(bus);
  const text = 'wal'.repeat(500_000);
  for (const shard of [0, 1]) rpc.serve({ subject: `big.${shard}`, handler: async () => text });
  const outcomes = await scatter(rpc, partsOf('big', 2), options({ deadlineMs: 10_000 }));
  assert.ok(outcomes.every((outcome) => valueOf(outcome) === text));
  await rpc.close();
});

test('an aborted scatter is cancelled', async ({ bus }) => {
  const rpc = newRpc(bus);
  bus.subscribe('abort.0', {}, () => {});
  const controller = new AbortController();
  const failed = failureOf(scatter(rpc, partsOf('abort', 1), { ...options(), signal: controller.signal }));
  controller.abort();
  assert.is((await failed).code, 'CANCELLED');
  assert.is(rpc.replies.waiting, 0);
  await rpc.close();
});

test.run();

function partsOf(prefix: string, count: number, copies: readonly string[] = []): ScatterPart[] {
  const body = { q: 'wal' };
  return Array.from({ length: count }, (_, shard) => ({
    shard,
    subject: `${prefix}.${shard}`,
    copies: () => copies,
    body,
  }));
}

function options(changes: { deadlineMs?: number; retries?: number; hedgeAfterMs?: number } = {}): ScatterOptions {
  const { deadlineMs = 5_000, retries = 2, hedgeAfterMs } = changes;
  const hedge = hedgeAfterMs === undefined ? {} : { hedgeAfterMs };
  return { deadline: new Deadline(systemEnv.clock, deadlineMs), retries, backoffMs: 10, ...hedge };
}

function failing(code: ErrorCode): () => Promise<never> {
  return async () => {
    throw new CoppiceError(code, 'refused');
  };
}

function valueOf(outcome: Outcome | undefined): unknown {
  if (outcome?.ok === true) return outcome.value;
  throw new Error(`no value: ${outcome?.error.message}`);
}

function errorOf(outcome: Outcome | undefined): CoppiceError {
  if (outcome?.ok === false) return outcome.error;
  throw new Error('no error');
}

function codeOf(outcome: Outcome | undefined): ErrorCode {
  return errorOf(outcome).code;
}
