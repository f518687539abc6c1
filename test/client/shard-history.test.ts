/** The history of a shard: every step of its copies with its cause, from all leaves, and on the bus as it happens. */
import * as assert from 'uvu/assert';
import { mergeSteps } from '../../src/client/actions/shard-history.ts';
import { decode } from '../../src/wire/codec.ts';
import { clusterSuite } from '../support/cluster-suite.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import type { InProcessCluster } from '../support/in-process-cluster.ts';
import { asList, asRecord } from './support/expect.ts';

type Step = Readonly<Record<string, unknown>>;

const test = clusterSuite('client/shard-history', { leaves: 2 });

test('a shard tells how it came to serve, and each step went out on the bus', async ({ cluster }) => {
  const { client, context } = cluster;
  const heard: Step[] = [];
  const subscription = context.bus.subscribe(`${context.cluster}.event.copy.books.>`, {}, ({ data }) =>
    heard.push(asRecord(decode(data, 'json'))),
  );
  await context.bus.flush();
  await createIndex(cluster, 'books', 1);
  await eventually(async () => {
    const told = await stepsOf(cluster, 'books');
    return told.filter(({ cause }) => cause === 'replay.reached').length === 2;
  });
  const steps = await stepsOf(cluster, 'books');
  const primary = steps.find(({ to }) => to === 'primary')?.['leaf'];
  const life = steps.filter(({ leaf, machine }) => leaf === primary && machine === 'copy');
  assert.equal(life.slice(0, 3).map(nameOf), [
    'unassigned → restoring: copy.open',
    'restoring → replaying: state.restored',
    'replaying → replica: replay.reached',
  ]);
  const contest = steps.filter(({ leaf, machine }) => leaf === primary && machine === 'primacy').map(nameOf);
  assert.ok(contest.includes('claiming → barrier: lease.won'));
  const won = steps.find(({ cause }) => cause === 'lease.won');
  assert.is(won?.['term'], 1);
  assert.ok(steps.some(({ reason }) => reason === 'nobody has led the shard yet'));
  for (const { at } of steps) assert.ok(Date.parse(String(at)) > 0);
  await eventually(() => heard.length >= steps.length);
  for (const step of steps)
    assert.ok(heard.some((event) => nameOf(event) === nameOf(step) && event['leaf'] === step['leaf']));
  assert.is(
    heard[0]?.['generation'],
    asRecord(await client.request('shard-history', 'books', { shard: 0 }))['generation'],
  );
  subscription.close();
});

test('a copy that is closed and opened again keeps its history', async ({ cluster }) => {
  await createIndex(cluster, 'again', 1);
  await serving(cluster, 'again', 2);
  await cluster.client.request('index-update', 'again', { settings: { replicas: 0 } });
  await eventually(async () => (await stepsOf(cluster, 'again')).some(({ to }) => to === 'closed'));
  await cluster.client.request('index-update', 'again', { settings: { replicas: 1 } });
  await eventually(async () => {
    const steps = await stepsOf(cluster, 'again');
    const closed = steps.findIndex(({ to }) => to === 'closed');
    const leaf = steps[closed]?.['leaf'];
    return steps.slice(closed).some((step) => step['leaf'] === leaf && step['cause'] === 'copy.open');
  });
});

test('the history of an older life of the index is not told', async ({ cluster }) => {
  await createIndex(cluster, 'reborn', 0);
  await cluster.client.request('index-delete', 'reborn');
  await createIndex(cluster, 'reborn', 0);
  const steps = await stepsOf(cluster, 'reborn');
  assert.is(steps.filter(({ cause }) => cause === 'copy.open').length, 1);
});

test('what is not there is refused', async ({ cluster: { client } }) => {
  const refused = async (index: string, body: unknown): Promise<string> => {
    const { code, message } = await failureOf(client.request('shard-history', index, body));
    return `${code}: ${message}`;
  };
  assert.match(await refused('nothing', { shard: 0 }), /^GROUP_NOT_FOUND: .*nothing/);
  assert.match(await refused('books', { shard: 9 }), /^NOT_FOUND: `books` has no shard 9; it has 0$/);
  assert.match(await refused('books', {}), /^PARSING_FAILED: .*shard/);
  assert.match(await refused('books', { shard: -1 }), /^\w+: .*shard/);
  assert.match(await refused('books', { shard: 'x' }), /^PARSING_FAILED: .*shard/);
  assert.match(await refused('books', { shard: 0, shrad: 1 }), /^PARSING_FAILED: .*shrad/);
});

test('after the death of the primary’s leaf the other tells why it leads, and the dead one is named', async ({
  cluster,
}) => {
  await createIndex(cluster, 'orphan', 1);
  await serving(cluster, 'orphan', 2);
  const led = (await stepsOf(cluster, 'orphan')).findLast(({ to }) => to === 'primary')?.['leaf'];
  await cluster.killLeaf(String(led));
  const promoted = await eventually(
    async () => (await stepsOf(cluster, 'orphan')).find((step) => step['leaf'] !== led && step['to'] === 'primary'),
    { withinMs: 15_000 },
  );
  assert.is(promoted?.['cause'], 'primacy.leading');
  const steps = await stepsOf(cluster, 'orphan');
  assert.ok(steps.some(({ reason }) => String(reason).includes(`leaf ${String(led)}`)));
  const answer = asRecord(await cluster.client.request('shard-history', 'orphan', { shard: 0 }));
  const { total, successful, failures } = asRecord(answer['_leaves']);
  // The dead leaf’s entry may have expired by now.
  assert.is(successful, 1);
  assert.equal(
    asList(failures).map((failure) => asRecord(failure)['leaf']),
    total === 2 ? [led] : [],
  );
});

test('histories are merged by time, and each keeps its order', () => {
  const step = (leaf: string, atMs: number) => ({
    leaf,
    transition: {
      group: 'g',
      generation: '1',
      shard: 0,
      machine: 'copy' as const,
      from: '',
      to: '',
      cause: '',
      atMs,
    },
  });
  const merged = mergeSteps([[step('a', 1), step('a', 9), step('a', 2)], [], [step('b', 3), step('b', 10)]]);
  assert.equal(
    merged.map(({ leaf, transition }) => `${leaf}${transition.atMs}`),
    ['a1', 'b3', 'a9', 'a2', 'b10'],
  );
});

test.run();

async function createIndex({ client }: InProcessCluster, index: string, replicas: number): Promise<void> {
  await client.request('index-create', index, { settings: { shards: 1, replicas } });
}

async function stepsOf({ client }: InProcessCluster, index: string): Promise<readonly Step[]> {
  const answer = asRecord(await client.request('shard-history', index, { shard: 0 }));
  return asList(answer['transitions']).map((step) => asRecord(step));
}

async function serving(cluster: InProcessCluster, index: string, copies: number): Promise<void> {
  await eventually(async () => {
    const opened = (await stepsOf(cluster, index)).filter(({ cause }) => cause === 'replay.reached');
    return opened.length === copies;
  });
}

function nameOf({ from, to, cause }: Step): string {
  return `${String(from)} → ${String(to)}: ${String(cause)}`;
}
