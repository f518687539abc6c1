/** What can go wrong in a scenario, by seed: each fault begins at some moment and ends by itself. */
import type { SimRandom } from '../../../src/bus/sim/sim-random.ts';
import { setCopies } from '../../../src/cluster/groups.ts';
import { asCoppiceError } from '../../../src/errors.ts';
import { nameToToken } from '../../../src/wire/names.ts';
import { fill, SUBJECTS } from '../../../src/wire/subjects.ts';
import type { SimCluster } from './sim-cluster.ts';
import { flipBit, mend } from './sim-depot.ts';
import { LEDGER } from './workload.ts';

type Fault = (cluster: SimCluster, random: SimRandom) => { readonly what: string; readonly end?: () => void };

/** Kinds of faults. */
const FAULTS: Readonly<Record<string, Fault>> = {
  kill: (cluster, random) => {
    const name = random.pick(cluster.names('leaf'));
    const noticed = random.chance(0.7);
    cluster.kill(name, noticed);
    return { what: `${name} is killed${noticed ? '' : ', unnoticed'}`, end: () => cluster.start(name, 'leaf') };
  },
  killPrimary: (cluster, random) => {
    const name = primaryOf(cluster) ?? random.pick(cluster.names('leaf'));
    cluster.kill(name, random.chance(0.8));
    return { what: `primary ${name} is killed`, end: () => cluster.start(name, 'leaf') };
  },
  killRoot: (cluster, random) => {
    const name = random.pick(cluster.names('root'));
    cluster.kill(name, random.chance(0.5));
    return { what: `${name} is killed`, end: () => cluster.start(name, 'root') };
  },
  stop: (cluster, random) => {
    const name = random.pick(cluster.names('leaf'));
    cluster.stop(name);
    return { what: `${name} is told to stop`, end: () => cluster.start(name, 'leaf') };
  },
  pause: (cluster, random) => {
    const name = random.pick([...cluster.names('leaf'), ...cluster.names('root')]);
    return pause(cluster, name);
  },
  pausePrimary: (cluster, random) => pause(cluster, primaryOf(cluster) ?? random.pick(cluster.names('leaf'))),
  cut: (cluster, random) => {
    const name = random.pick([...cluster.names('leaf'), ...cluster.names('root')]);
    return cut(cluster, name, random.pick(['from', 'to', 'both']));
  },
  cutPrimary: (cluster, random) =>
    cut(cluster, primaryOf(cluster) ?? random.pick(cluster.names('leaf')), random.pick(['from', 'to', 'both'])),
  mute: (cluster, random) => {
    const from = random.pick(cluster.names('leaf'));
    const to = random.pick([...cluster.names('leaf'), ...cluster.names('root')]);
    const pair = `${from}>${to}`;
    cluster.world.faults.muted.add(pair);
    return { what: `${to} does not hear ${from}`, end: () => cluster.world.faults.muted.delete(pair) };
  },
  loss: ({ world: { faults } }, random) => {
    faults.lossRate = random.between(0.01, 0.15);
    return { what: `messages are lost: ${faults.lossRate.toFixed(3)}`, end: () => (faults.lossRate = 0) };
  },
  lostAnswers: ({ world: { faults } }, random) => {
    faults.lostAnswerRate = random.between(0.05, 0.5);
    return { what: 'answers of JetStream are lost', end: () => (faults.lostAnswerRate = 0) };
  },
  missedKeys: ({ world: { faults } }, random) => {
    faults.missedKeyRate = random.between(0.05, 0.5);
    return { what: 'new watches miss entries', end: () => (faults.missedKeyRate = 0) };
  },
  lostMarkers: ({ world: { faults } }) => {
    faults.lostMarkerRate = 1;
    return { what: 'nobody is told of expiries', end: () => (faults.lostMarkerRate = 0) };
  },
  duplicates: ({ world: { faults } }, random) => {
    faults.duplicateRate = random.between(0.05, 0.5);
    faults.maxEchoMs = random.pick([0, 50, 2_000]);
    return { what: `messages come twice, within ${faults.maxEchoMs} ms`, end: () => (faults.duplicateRate = 0) };
  },
  delays: ({ world: { faults } }, random) => {
    faults.delayRate = random.between(0.02, 0.3);
    faults.maxDelayMs = random.between(20, 1_500);
    return { what: `messages are late: up to ${faults.maxDelayMs.toFixed(0)} ms`, end: () => (faults.delayRate = 0) };
  },
  leaderless: ({ world }, random) => {
    const forMs = random.between(300, 6_000);
    world.server.jetStream.loseLeader(forMs);
    return { what: `JetStream has no leader for ${forMs.toFixed(0)} ms` };
  },
  recopy: (cluster, random) => {
    const name = random.pick(cluster.names('root'));
    const copies = 1 + random.below(cluster.names('leaf').length);
    const context = cluster.running(name)?.context;
    const tell = (error: unknown): void => cluster.tell(`copies not changed: ${asCoppiceError(error).message}`);
    if (context !== undefined) setCopies(context, LEDGER, copies).catch(tell);
    return { what: `${name} asks for ${copies} copies` };
  },
  drain: (cluster, random) => {
    const name = random.pick(cluster.names('leaf'));
    const context = cluster.running(random.pick(cluster.names('root')))?.context;
    const tell = (error: unknown): void => cluster.tell(`${name} not drained: ${asCoppiceError(error).message}`);
    if (context !== undefined) {
      const place = { cluster: context.cluster, leaf: nameToToken(name), command: 'drain' };
      context.rpc.request(fill(SUBJECTS.leaf, place), {}).catch(tell);
    }
    cluster.drained.add(name);
    return { what: `${name} is drained`, end: () => restart(cluster, name) };
  },
  rot: ({ blobs }, random) => {
    const names = [...blobs.keys()];
    if (names.length === 0) return { what: 'the depot is empty, and cannot rot' };
    const name = random.pick(names);
    flipBit(blobs, name, random.below(4_096));
    return { what: `a bit of ${name} flips`, end: () => mend(blobs, name) };
  },
  fullDisk: (cluster, random) => {
    const { disks } = cluster;
    const name = random.pick(cluster.names('leaf'));
    const disk = disks.of(name);
    disk.quotaBytes = disk.usedBytes + random.below(2_000);
    return { what: `the disk of ${name} is full`, end: () => (disk.quotaBytes = Number.POSITIVE_INFINITY) };
  },
  brokenDisk: (cluster, random) => {
    const { disks } = cluster;
    const name = random.pick(cluster.names('leaf'));
    const disk = disks.of(name);
    disk.isBroken = true;
    return { what: `the disk of ${name} fails`, end: () => (disk.isBroken = false) };
  },
  slowDisk: (cluster, random) => {
    const { disks } = cluster;
    const name = random.pick(cluster.names('leaf'));
    disks.slow.add(name);
    return { what: `the disk of ${name} is slow`, end: () => disks.slow.delete(name) };
  },
  rotOnDisk: (cluster, random) => {
    const { disks } = cluster;
    const name = random.pick(cluster.names('leaf'));
    const path = disks.rot(name, random);
    return { what: path === undefined ? `${name} has no file that could rot` : `a bit of ${path} of ${name} flips` };
  },
  dropConsumers: ({ world }) => {
    world.server.jetStream.dropConsumers();
    return { what: 'JetStream forgets its consumers' };
  },
  restartServer: ({ world }) => {
    world.server.stop();
    return { what: 'the server restarts', end: () => world.server.start() };
  },
};

/** All kinds of faults, by name. */
export const FAULT_KINDS: readonly string[] = Object.keys(FAULTS);

/** Lets one fault of one of `kinds` begin now; its end is planned. Returns its kind. */
export function strike(
  cluster: SimCluster,
  random: SimRandom,
  { kinds, longestMs }: { kinds: readonly string[]; longestMs: number },
): string {
  const kind = random.pick(kinds);
  const fault = FAULTS[kind];
  if (fault === undefined) throw new Error(`no fault \`${kind}\``);
  const { what, end } = fault(cluster, random);
  const lastsMs = random.chance(0.7) ? random.between(20, 1_500) : random.between(1_500, longestMs);
  cluster.tell(`FAULT ${what}${end === undefined ? '' : ` (${lastsMs.toFixed(0)} ms)`}`);
  if (end !== undefined)
    cluster.world.scheduler.after(lastsMs, () => {
      if (cluster.healed) return;
      cluster.tell(`end of: ${what}`);
      end();
    });
  return kind;
}

/** Ends all faults at once. */
export function healAll(cluster: SimCluster): void {
  mend(cluster.blobs);
  cluster.disks.heal();
  cluster.tell('all is healed');
  cluster.healed = true;
  const { faults, server } = cluster.world;
  faults.heal();
  server.start();
  for (const name of [...cluster.drained]) restart(cluster, name);
  for (const role of ['leaf', 'root'] as const)
    for (const name of cluster.names(role)) {
      cluster.running(name)?.node.resume();
      cluster.start(name, role);
    }
}

function restart(cluster: SimCluster, name: string): void {
  cluster.drained.delete(name);
  cluster.kill(name, true);
  cluster.start(name, 'leaf');
}

function primaryOf(cluster: SimCluster): string | undefined {
  return cluster.copies().find(({ state }) => state === 'primary')?.leaf;
}

function pause(cluster: SimCluster, name: string): { what: string; end: () => void } {
  const node = cluster.running(name)?.node;
  node?.pause();
  return { what: `${name} is paused`, end: () => node?.resume() };
}

function cut(cluster: SimCluster, name: string, way: string): { what: string; end: () => void } {
  const { cutFrom, cutTo } = cluster.world.faults;
  if (way !== 'to') cutFrom.add(name);
  if (way !== 'from') cutTo.add(name);
  return {
    what: `${name} is cut off (${way})`,
    end: () => {
      cutFrom.delete(name);
      cutTo.delete(name);
    },
  };
}
