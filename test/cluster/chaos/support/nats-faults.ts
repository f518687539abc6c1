/**
 * Faults of nats-servers. They come one at a time, and the next one only when every stream is whole again: two of three
 * servers lost at once, or the only one with its disk, is more than any promise covers.
 */
import type { BegunFault, FaultKind } from '../../../../actors/chaos/fault.ts';
import { FaultSkipped } from '../../../../actors/chaos/fault.ts';
import { isRecord } from '../../../../src/bus/nats/api.ts';
import type { SimRandom } from '../../../../src/bus/sim/sim-random.ts';
import { logSpec } from '../../../../src/cluster/groups.ts';
import { eventually } from '../../../support/eventually.ts';
import type { TestServer } from '../../../support/nats-server.ts';
import type { NetNamespaces } from '../../../support/net-namespaces.ts';
import { filesBelow, flipSomeBit } from './flipped-bit.ts';
import type { StagedCluster } from './staged-cluster.ts';

/** Chooses a server, by its place. */
type Choose = (random: SimRandom) => Promise<number>;

const WHOLE_MS = 90_000;

/** Those that are possible with the servers of a cluster. */
export function natsFaults(cluster: StagedCluster, index: string): readonly FaultKind[] {
  const kind = (
    name: string,
    does: string,
    strike: (server: TestServer) => Promise<() => Promise<void>>,
    choose: Choose,
  ): FaultKind => ({
    name,
    does,
    domain: 'nats',
    begin: async (random) => begin(cluster, await choose(random), strike),
  });
  const any: Choose = async (random) => random.below(cluster.servers.length);
  const leader: Choose = async () => leaderOf(cluster, index);
  const always = [
    kind('nats.kill', 'kill -9 of a nats-server', kill, any),
    kind('nats.stop', 'SIGSTOP of a nats-server, then SIGCONT', stop, any),
    kind('nats.leave', 'SIGTERM of a nats-server', shutDown, any),
  ];
  if (cluster.servers.length === 1) {
    const does = 'the disk of the nats-server is full, until there is room and it is started again';
    return [...always, kind('nats.full', does, async (server) => fill(cluster, server), any)];
  }
  return [
    ...always,
    kind('nats.leader.kill', 'kill -9 of the nats-server that leads the log', kill, leader),
    kind('nats.leader.stop', 'SIGSTOP of the nats-server that leads the log', stop, leader),
    kind('nats.wipe', 'kill -9 of a nats-server, which comes back without its store', killAndWipe, any),
    {
      name: 'nats.flip',
      does: 'kill -9 of a nats-server, and a bit of its streams’ blocks flips',
      domain: 'nats',
      // NATS makes it good mostly, not always: a damaged server that leads may know less of the registry for a while.
      isOptional: true,
      begin: async (random) => begin(cluster, await any(random), async (server) => killAndFlip(server, random)),
    },
    ...networkFaults(cluster, any, leader),
  ];
}

/** Faults of the network between servers, where there are namespaces for it. */
function networkFaults(cluster: StagedCluster, any: Choose, leader: Choose): readonly FaultKind[] {
  const kind = (
    name: string,
    does: string,
    strike: (network: NetNamespaces, at: number) => Promise<void>,
    choose: Choose,
  ): FaultKind => ({
    name,
    does,
    domain: 'nats',
    begin: async (random) => {
      const { namespaces } = cluster;
      if (namespaces === undefined) throw new FaultSkipped('this machine allows no network namespaces');
      const at = await choose(random);
      await strike(namespaces, at);
      const end = async (): Promise<void> => {
        await namespaces.heal(at);
        await untilWhole(cluster);
      };
      return { what: `nats-server n${at + 1}`, end };
    },
  });
  return [
    kind('nats.cut', 'a nats-server is off the network', async (network, at) => network.cut(at), any),
    kind(
      'nats.split',
      'the nats-server that leads the log reaches its clients, but no other server',
      async (network, at) => network.split(at),
      leader,
    ),
    kind('nats.mute', 'nothing that a nats-server sends arrives', async (network, at) => network.mute(at), any),
    kind('nats.deaf', 'nothing arrives at a nats-server', async (network, at) => network.deafen(at), any),
  ];
}

async function untilWhole(cluster: StagedCluster): Promise<void> {
  await eventually(async () => isWhole(cluster), { withinMs: WHOLE_MS, what: 'all streams are whole again' });
}

async function begin(
  cluster: StagedCluster,
  at: number,
  strike: (server: TestServer) => Promise<() => Promise<void>>,
): Promise<BegunFault> {
  const server = cluster.servers[at];
  if (server === undefined) throw new FaultSkipped(`there is no server ${at}`);
  const undo = await strike(server);
  const end = async (): Promise<void> => {
    await undo();
    await untilWhole(cluster);
  };
  return { what: `nats-server n${at + 1}`, end };
}

async function kill(server: TestServer): Promise<() => Promise<void>> {
  await server.kill();
  return async () => server.restart();
}

async function shutDown(server: TestServer): Promise<() => Promise<void>> {
  await server.shutDown();
  return async () => server.restart();
}

async function stop(server: TestServer): Promise<() => Promise<void>> {
  server.signal('SIGSTOP');
  return async () => server.signal('SIGCONT');
}

async function killAndWipe(server: TestServer): Promise<() => Promise<void>> {
  await server.kill();
  await server.wipe();
  return async () => server.restart();
}

/**
 * nats-server 2.15 answers no publish any more to a stream that has met a full disk, however much room there is later,
 * until it is started again.
 */
async function fill({ disks }: StagedCluster, server: TestServer): Promise<() => Promise<void>> {
  const { nats } = disks;
  if (nats === undefined) throw new FaultSkipped('this machine allows no disk of its own for the nats-server');
  await nats.fill();
  return async () => {
    await nats.free();
    await server.shutDown();
    await server.restart();
  };
}

/** Started again it finds the damage by its checksums, and fetches what it has cut off from the others. */
async function killAndFlip(server: TestServer, random: SimRandom): Promise<() => Promise<void>> {
  await server.kill();
  const blocks = await filesBelow(server.store, (path) => /streams\/.*\/msgs\/.*\.blk$/.test(path));
  if (blocks.length > 0) await flipSomeBit(blocks, random);
  return async () => server.restart();
}

/** Place of the server that leads the log's stream. */
async function leaderOf({ bus, context }: StagedCluster, index: string): Promise<number> {
  const group = context.view.group(index);
  if (group === undefined) throw new FaultSkipped(`there is no index ${index}`);
  const { stream } = logSpec(context.cluster, group);
  const answer = await bus.api.tryOnce(`STREAM.INFO.${stream}`, undefined);
  const cluster = answer?.ok === true && isRecord(answer.value['cluster']) ? answer.value['cluster'] : undefined;
  const leader = cluster?.['leader'];
  if (typeof leader !== 'string' || !/^n\d$/.test(leader)) throw new FaultSkipped(`nobody leads ${stream}`);
  return Number(leader.slice(1)) - 1;
}

/** Whether every stream has a leader, and followers that have everything. */
async function isWhole({ bus }: StagedCluster): Promise<boolean> {
  const listed = await bus.api.tryOnce('STREAM.NAMES', {});
  const names = listed?.ok === true ? listed.value['streams'] : undefined;
  if (!Array.isArray(names) || names.length === 0) return false;
  const answers = await Promise.all(
    names.map(async (name) => bus.api.tryOnce(`STREAM.INFO.${String(name)}`, undefined)),
  );
  return answers.every((answer) => {
    if (answer?.ok !== true) return false;
    const cluster = answer.value['cluster'];
    if (!isRecord(cluster)) return true;
    const { replicas = [], leader } = cluster;
    const isCurrent = (one: unknown): boolean => isRecord(one) && one['current'] === true && one['offline'] !== true;
    return typeof leader === 'string' && Array.isArray(replicas) && replicas.every(isCurrent);
  });
}
