/** Stories of one fault each, on the simulated bus: what the seeds meet by chance is told here on purpose. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandResult } from '../../src/client/client.ts';
import { deleteGroup, logSpec } from '../../src/cluster/groups.ts';
import { asCoppiceError } from '../../src/errors.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import type { GroupRecord } from '../../src/wire/records.ts';
import { HostedGroups } from './support/hosted-groups.ts';
import { SimCluster } from './support/sim-cluster.ts';
import { LEDGER } from './support/workload.ts';

const test = suite('scenario/stories');

test('a paused primary that wakes up has acknowledged and appended nothing', async () => {
  const story = await openStory(1);
  await story.write('before');
  const old = story.primary();
  story.cluster.running(old)?.node.pause();
  await story.until(() => story.primary() !== '' && story.primary() !== old, 10_000);
  const term = story.copyOn(story.primary())?.term ?? 0;
  await story.write('during');
  story.cluster.running(old)?.node.resume();
  await story.write('after');
  await story.until(() => story.copyOn(old)?.state === 'replica', 10_000);
  const terms = (await story.records()).map((record) => record.term);
  assert.equal(
    terms.slice(terms.indexOf(term)),
    [term, term, term],
    'a term record and two batches, all of the new reign',
  );
  assert.equal(
    story.lists(),
    Array.from({ length: 3 }, () => ['before', 'during', 'after']),
  );
});

test('a killed primary costs less than a second and a half without writes', async () => {
  const story = await openStory(2);
  await story.write('before');
  const startMs = story.cluster.world.scheduler.nowMs;
  story.cluster.kill(story.primary(), true);
  await story.write('after');
  const tookMs = story.cluster.world.scheduler.nowMs - startMs;
  assert.ok(tookMs < 1_500, `${tookMs} ms`);
});

test('writes outlast a JetStream without a leader', async () => {
  const story = await openStory(3);
  story.cluster.world.server.jetStream.loseLeader(5_000);
  const startMs = story.cluster.world.scheduler.nowMs;
  await Promise.all([story.write('a'), story.write('b')]);
  assert.ok(story.cluster.world.scheduler.nowMs - startMs >= 4_999);
  await story.settled();
  assert.equal(
    story.lists().map((list) => list.toSorted()),
    Array.from({ length: 3 }, () => ['a', 'b']),
  );
});

test('a log that was rolled back halts every copy, and nothing is acknowledged any more', async () => {
  const story = await openStory(4);
  for (const tag of ['a', 'b', 'c']) await story.write(tag);
  await story.settled();
  const { server } = story.cluster.world;
  server.stop();
  server.jetStream.stream(story.stream)?.rollBack(2);
  server.start();
  await story.until(() => story.cluster.copies().every(({ state }) => state === 'halted'), 10_000);
  for (const { reason } of story.cluster.copies()) assert.match(reason ?? '', /rolled back/);
  assert.is(await story.tryToWrite('d', 5_000), 'SHARD_UNAVAILABLE');
  assert.ok(story.cluster.errors.some((text) => text.includes('log was rolled back')));
});

test('a copy that a purge has overtaken serves nothing rather than a gap', async () => {
  const story = await openStory(5);
  await story.write('a');
  await story.settled();
  const slow = story.cluster.names('leaf').find((name) => name !== story.primary()) ?? '';
  story.cluster.world.faults.cutTo.add(slow);
  await story.until(() => story.cluster.running(slow)?.bus.link.up === false, 10_000);
  for (const tag of ['b', 'c', 'd']) await story.write(tag);
  const last = story.copyOn(story.primary())?.seq ?? 0;
  await story.purgeBelow(last);
  story.cluster.world.faults.cutTo.delete(slow);
  await story.until(() => story.copyOn(slow)?.state === 'failed', 20_000);
  const mine = story.cluster.running(slow)?.ledgers.get(0);
  assert.ok(!(mine?.lists.get('k') ?? []).includes('d'), 'what came after the gap was not applied');
  assert.is(await story.tryToWrite('e', 5_000), 'ok');
});

test('a leaf that dies unnoticed and without a marker is replaced all the same', async () => {
  const story = await openStory(6, { copies: 2 });
  await story.write('a');
  story.cluster.world.faults.lostMarkerRate = 1;
  const victim = story.primary();
  story.cluster.kill(victim, false);
  await story.write('b');
  await story.settled(90_000);
  assert.not.ok(story.cluster.copies().some(({ leaf }) => leaf === victim));
  assert.equal(story.lists(), [
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test('a primary that slept through the deletion of its group adds nothing to the next of that name', async () => {
  const story = await openStory(7);
  await story.write('old');
  const old = story.primary();
  const sleeper = story.cluster.running(old)?.node;
  const late = story.tryToWrite('late', 500, () => sleeper?.pause());
  assert.is.not(await late, 'ok');
  await story.makeAnew();
  await story.write('new');
  sleeper?.resume();
  await story.write('newer');
  await story.settled();
  assert.equal(
    story.lists(),
    Array.from({ length: 3 }, () => ['new', 'newer']),
  );
});

test.run();

/** A cluster with a ledger of one shard and one key, and short ways to ask about it. */
async function openStory(seed: number, { copies = 3 } = {}): Promise<Story> {
  const cluster = new SimCluster({ seed });
  const groups = new HostedGroups(cluster, { shards: 1, copies, searches: false });
  assert.ok(await groups.start(), 'the cluster starts');
  return new Story(groups);
}

class Story {
  readonly cluster: SimCluster;
  readonly #groups: HostedGroups;

  constructor(groups: HostedGroups) {
    this.#groups = groups;
    this.cluster = groups.cluster;
  }

  /** Name of the ledger's stream. */
  get stream(): string {
    return logSpec('sim', this.#group()).stream;
  }

  primary(): string {
    const { world } = this.cluster;
    const alive = (leaf: string): boolean => this.cluster.running(leaf)?.node.state === 'running' && world.server.up;
    return this.cluster.copies().find(({ state, leaf }) => state === 'primary' && alive(leaf))?.leaf ?? '';
  }

  copyOn(name: string): ReturnType<SimCluster['copies']>[number] | undefined {
    return this.cluster.copies().find(({ leaf }) => leaf === name);
  }

  /** The list of every copy. */
  lists(): readonly (readonly string[])[] {
    return this.#groups.ledgerCopies().map(({ state }) => state.lists.get('k') ?? []);
  }

  async write(tag: string): Promise<void> {
    assert.is(await this.tryToWrite(tag, 15_000), 'ok', `${tag} is written`);
  }

  /** Writes a tag; `ok`, or the code of the error. */
  async tryToWrite(tag: string, deadlineMs: number, onSent = (): void => {}): Promise<string> {
    const client = this.cluster.client('root-1');
    assert.ok(client !== undefined);
    const write = client.call(LEDGER, 'put', { key: 'k', tag }, { deadlineMs });
    onSent();
    const told = write.then(
      (answer) => (typeof (answer as CommandResult).token === 'object' ? 'ok' : 'no token'),
      (error: unknown) => asCoppiceError(error).code,
    );
    return (await this.#groups.within(2 * deadlineMs, told)) ?? 'never answered';
  }

  async until(holds: () => boolean, withinMs: number): Promise<void> {
    const { scheduler } = this.cluster.world;
    const endMs = scheduler.nowMs + withinMs;
    while (!holds() && scheduler.nowMs < endMs) await scheduler.run(scheduler.nowMs + 10);
    assert.ok(holds(), `it does not come to it within ${withinMs} ms: ${this.#groups.shownCopies()}`);
  }

  async settled(withinMs = 20_000): Promise<void> {
    assert.ok(await this.#groups.settled(withinMs), this.#groups.shownCopies());
  }

  /** The records of the log, as they lie in the stream. */
  async records(): Promise<readonly ReturnType<typeof decodeLogRecord>[]> {
    await this.settled();
    const stream = this.cluster.world.server.jetStream.stream(this.stream);
    assert.ok(stream !== undefined);
    return Array.from({ length: stream.lastSeq }, (_, at) => stream.at(at + 1)).flatMap((message) =>
      message === undefined ? [] : [decodeLogRecord(message.data)],
    );
  }

  /** Deletes the ledger, and makes another of its name. */
  async makeAnew(): Promise<void> {
    const context = this.cluster.running('root-1')?.context;
    assert.ok(context !== undefined);
    const { generation } = this.#group();
    const deleted = deleteGroup(context, LEDGER).then(() => true);
    assert.ok(await this.#groups.within(20_000, deleted));
    assert.ok(await this.#groups.makeLedger(context));
    await this.until(() => ![undefined, generation].includes(context.view.group(LEDGER)?.generation), 10_000);
  }

  /** Purges the shard's records below a sequence. */
  async purgeBelow(seq: number): Promise<void> {
    const context = this.cluster.running('root-1')?.context;
    assert.ok(context !== undefined);
    const inbox = context.bus.newInbox();
    let done = false;
    context.bus.subscribe(inbox, {}, () => (done = true));
    const body = new TextEncoder().encode(JSON.stringify({ filter: '>', seq }));
    context.bus.publish(`$JS.API.STREAM.PURGE.${this.stream}`, body, { reply: inbox });
    await this.until(() => done, 5_000);
  }

  #group(): GroupRecord {
    const group = this.cluster.running('root-1')?.context?.view.group(LEDGER);
    if (group === undefined) throw new Error('there is no ledger');
    return group;
  }
}
