/** A short run of chaos on real processes; `make chaos` is the long one. And that it would notice a lost write. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Searched, Written } from '../../../actors/chaos/answers.ts';
import { askBare } from '../../../actors/chaos/bare-api.ts';
import { SCOPES } from '../../../actors/chaos/lane.ts';
import type { ChaosResult } from '../../../actors/chaos/results.ts';
import { eventually } from '../../support/eventually.ts';
import { slow } from '../../support/slow.ts';
import { clearRun, type StagedRun, stageAndRun } from './support/stage-and-run.ts';
import type { StagedCluster } from './support/staged-cluster.ts';

const test = suite('cluster/chaos');
const LIMIT_MS = 240_000;
const GAP_MS = { from: 800, to: 2_000 };
const LASTS_MS = { from: 300, to: 2_500 };
const ONE_SERVER = [
  'primary.kill',
  'primary.stop',
  'leaf.wipe',
  'leaf.mute',
  'leaf.deaf',
  'root.stop',
  'controller.kill',
  'nats.kill',
  'depot.flip',
];
const THREE_SERVERS = ['nats.leader.kill', 'nats.wipe', 'nats.split', 'primary.kill'];

test('promises are kept when processes and a nats-server die, hang and are cut off', async () => {
  slow(LIMIT_MS);
  assertKept(await run({ servers: 1, seed: 4, forMs: 13_000, kinds: ONE_SERVER }), ONE_SERVER);
});

test('promises are kept when servers of a cluster of three die, hang and lose their store', async () => {
  slow(LIMIT_MS);
  assertKept(await run({ servers: 3, seed: 5, forMs: 5_600, kinds: THREE_SERVERS }), THREE_SERVERS);
});

test('a document that somebody deletes behind everyone’s back is found to be lost', async () => {
  slow(LIMIT_MS);
  let id = '';
  const meanwhile = async (cluster: StagedCluster): Promise<void> => {
    id = await deleteOne(cluster);
  };
  const { violations } = await run({ servers: 1, seed: 6, forMs: 1_000, kinds: ['root.kill'], meanwhile });
  assert.ok(violations.includes(`document ${id} was acknowledged, and is lost`), violations.join('\n'));
});

test.run();

async function run(
  options: Pick<StagedRun, 'servers' | 'seed' | 'forMs' | 'kinds' | 'meanwhile'>,
): Promise<ChaosResult & { readonly story: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'coppice-chaos-'));
  const story: string[] = [];
  const tell = (text: string): void => {
    story.push(text);
    if (text.startsWith('NO ')) process.stderr.write(`SKIPPED: ${text}\n`);
  };
  try {
    const { signal } = new AbortController();
    const result = await stageAndRun({ ...options, gapMs: GAP_MS, lastsMs: LASTS_MS, folder, tell, signal });
    return { ...result, story: story.join('\n') };
  } catch (error) {
    throw new Error(`the run failed:\n${story.join('\n')}`, { cause: error });
  } finally {
    await clearRun(folder);
  }
}

/** Every promise was kept, and something was at stake: writes, reads, and faults that found somebody to strike. */
function assertKept(result: ChaosResult & { readonly story: string }, kinds: readonly string[]): void {
  const { acknowledged, reads, faults, violations, story } = result;
  assert.equal(violations, [], story);
  assert.ok(acknowledged > 100 && reads > 30, `${acknowledged} writes, ${reads} reads`);
  const struck = new Set(faults.flatMap(({ kind, skipped }) => (skipped ? [] : [kind])));
  assert.ok(struck.size >= kinds.length - 2, `only ${[...struck].join(', ')}`);
}

/** Deletes a document that is written once only; returns its id. */
async function deleteOne({ nats, name: cluster }: StagedCluster): Promise<string> {
  const ask = async (action: string, body: unknown): Promise<unknown> => {
    const reply = await askBare(nats, cluster, { action, index: 'chaos', body, deadlineMs: 2_000 });
    if (!reply.ok) throw new Error(reply.reason);
    return reply.body;
  };
  const find = async (): Promise<string | undefined> => {
    const { hits } = v.parse(Searched, await ask('search', { query: { term: { scope: SCOPES.once } } }));
    return hits.hits[0]?._id;
  };
  const id = (await eventually(find, { withinMs: 60_000 })) ?? '';
  assert.is(v.parse(Written, await ask('delete', { id })).result, 'deleted');
  return id;
}
