/** Which processes `coppice chaos` may strike: those of this machine whose command line shows what they are. */
import { hostname } from 'node:os';
import * as assert from 'uvu/assert';
import { findHostProcesses } from '../../../actors/chaos/host-processes.ts';
import { type ClusterContext, joinCluster } from '../../../src/cluster/context.ts';
import { systemEnv } from '../../../src/env.ts';
import { LEAF_KEYS, REGISTRY_KEYS } from '../../../src/wire/subjects.ts';
import { natsSuite } from '../../support/nats-suite.ts';

const test = natsSuite('actors/chaos/host-processes');
const LEAF = {
  incarnation: 'i',
  host: hostname(),
  zone: '',
  provides: ['search'],
  draining: false,
  startedMs: 0,
};

test('only processes of this machine that show what they are may be struck', async ({ bus }) => {
  const context = await joinCluster({ cluster: 'hosts', bus, env: systemEnv, report: () => {} });
  // A process that certainly lives, and another pid that certainly does not.
  const [pid, parent, gone] = [process.pid, process.ppid, 2 ** 22 + 1];
  await announce(context, { name: 'mine', pid });
  await announce(context, { name: 'elsewhere', pid, host: 'another-host' });
  await announce(context, { name: 'gone', pid: gone });
  await announce(context, { name: 'service', pid: parent });
  await context.registry.put(REGISTRY_KEYS.controller, { owner: 'x', beat: 1, pid: parent, host: hostname() });
  const words = new Map([
    [pid, `node dist/actors/leaf/main.js --name mine`],
    [parent, 'node my-own-service.js'],
  ]);
  const { found, spared } = await findHostProcesses(context, undefined, (one) => words.get(one));
  assert.equal(
    found.map(({ name, role, pid: own }) => [name, role, own]),
    [['mine', 'leaf', pid]],
  );
  assert.equal(Object.fromEntries(spared.map(({ name, why }) => [name, why])), {
    elsewhere: 'it runs on another-host',
    gone: `no process has its pid ${gone}`,
    service: `the command line of ${parent} does not show that it is a leaf`,
    controller: `the command line of ${parent} does not show that it is a root`,
  });
  await context.close();
});

test('the processes of a data folder are found, too', async ({ bus }) => {
  const context = await joinCluster({ cluster: 'folder', bus, env: systemEnv, report: () => {} });
  const self = { pid: process.pid, started: '' };
  const file = { ...self, cluster: 'folder', nats: '', leaves: [], root: { name: 'root', pid: process.pid } };
  const line = 'node dist/actors/root/main.js --name root';
  const { found, spared } = await findHostProcesses(context, file, () => line);
  assert.equal(
    found.map(({ name, role }) => [name, role]),
    [['root', 'root']],
  );
  assert.equal(spared, []);
  await context.close();
});

test.run();

async function announce(context: ClusterContext, leaf: { name: string; pid: number; host?: string }): Promise<void> {
  await context.leaves.put(LEAF_KEYS.leaf.replace('{leaf}', leaf.name), { ...LEAF, ...leaf });
}
