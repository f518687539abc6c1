/** Faults of leaves and roots: killed, stopped, sent away, emptied, cut off. */
import type { BegunFault, FaultKind } from '../../../../actors/chaos/fault.ts';
import { FaultSkipped } from '../../../../actors/chaos/fault.ts';
import { controllerProcess, somePrimary } from '../../../../actors/chaos/whereabouts.ts';
import type { SimRandom } from '../../../../src/bus/sim/sim-random.ts';
import type { Direction } from '../../../support/partition-proxy.ts';
import { filesBelow, flipSomeBit } from './flipped-bit.ts';
import type { StagedCluster } from './staged-cluster.ts';
import type { StagedProcess } from './staged-process.ts';

type Choose = (random: SimRandom) => StagedProcess | Promise<StagedProcess>;
type Undo = () => Promise<void>;
type Strike = (victim: StagedProcess, random: SimRandom) => Promise<{ readonly what: string; readonly undo: Undo }>;

/** A leaf gone for so long is given up, and its copies move. */
const AWAY_MS = { from: 22_000, to: 28_000 };

/** All of them. */
export function processFaults(cluster: StagedCluster, index: string): readonly FaultKind[] {
  const leaf: Choose = (random) => free(cluster.leaves, random);
  const primary: Choose = (random) => named(cluster.leaves, somePrimary(cluster.context, index, random));
  const root: Choose = (random) => free(cluster.roots, random);
  const controller: Choose = async () => presiding(cluster);
  const kind = (name: string, does: string, choose: Choose, strike: Strike): FaultKind => ({
    name,
    does,
    domain: choose === root || choose === controller ? 'root' : 'leaf',
    begin: async (random) => begin(await choose(random), strike, random),
  });
  return [
    kind('leaf.kill', 'kill -9 of a leaf', leaf, kill),
    kind('leaf.wipe', 'kill -9 of a leaf, which comes back without its data folder', leaf, killAndWipe),
    kind('leaf.flip', 'kill -9 of a leaf, and a bit of its local files flips', leaf, killAndFlip),
    kind('leaf.full', 'the disk of a leaf is full', leaf, fillDisk(cluster)),
    kind('leaf.stop', 'SIGSTOP of a leaf, then SIGCONT', leaf, stop),
    kind('leaf.leave', 'SIGTERM of a leaf, which hands over', leaf, leave),
    kind('leaf.cut', 'a leaf is cut off from all nats-servers', leaf, cut('both')),
    kind('leaf.mute', 'what a leaf says does not arrive', leaf, cut('out')),
    kind('leaf.deaf', 'a leaf hears nothing', leaf, cut('in')),
    { ...kind('leaf.away', 'kill -9 of a leaf, which is away until it is given up', leaf, kill), lastsMs: AWAY_MS },
    kind('primary.kill', 'kill -9 of a leaf that leads a shard', primary, kill),
    kind('primary.stop', 'SIGSTOP of a leaf that leads a shard, then SIGCONT', primary, stop),
    kind('primary.cut', 'a leaf that leads a shard is cut off', primary, cut('both')),
    kind('primary.mute', 'what a leaf that leads a shard says does not arrive', primary, cut('out')),
    kind('primary.deaf', 'a leaf that leads a shard hears nothing', primary, cut('in')),
    kind('root.kill', 'kill -9 of a root', root, kill),
    kind('root.stop', 'SIGSTOP of a root, then SIGCONT', root, stop),
    kind('controller.kill', 'kill -9 of the root that holds the controller’s seat', controller, kill),
    kind('controller.stop', 'SIGSTOP of the root that holds the controller’s seat', controller, stop),
  ];
}

async function begin(victim: StagedProcess, strike: Strike, random: SimRandom): Promise<BegunFault> {
  const { what, undo } = await strikeFirst(victim, strike, random);
  const end = async (): Promise<void> => {
    await undo();
    victim.struck = false;
  };
  return { what, end };
}

/** Others must choose somebody else from now on, unless it comes to nothing. */
async function strikeFirst(victim: StagedProcess, strike: Strike, random: SimRandom): ReturnType<Strike> {
  victim.struck = true;
  try {
    return await strike(victim, random);
  } catch (error) {
    victim.struck = false;
    throw error;
  }
}

const kill: Strike = async (victim) => {
  const { pid } = victim;
  await victim.down('SIGKILL');
  return { what: `${victim.name} (${pid}) is killed`, undo: async () => victim.up() };
};

const killAndWipe: Strike = async (victim) => {
  const { pid } = victim;
  await victim.down('SIGKILL');
  await victim.wipe();
  return { what: `${victim.name} (${pid}) is killed and emptied`, undo: async () => victim.up() };
};

/** Logs are for people. */
const killAndFlip: Strike = async (victim, random) => {
  await victim.down('SIGKILL');
  const files = await filesBelow(victim.data, (name) => !name.endsWith('.log'));
  const what = files.length === 0 ? 'it had no files' : (await flipSomeBit(files, random)).what;
  return { what: `${victim.name} is killed; ${what}`, undo: async () => victim.up() };
};

const leave: Strike = async (victim) => {
  await victim.down('SIGTERM');
  return { what: `${victim.name} has left`, undo: async () => victim.up() };
};

const stop: Strike = async (victim) => {
  victim.signal('SIGSTOP');
  return { what: `${victim.name} (${victim.pid}) is stopped`, undo: async () => victim.signal('SIGCONT') };
};

function fillDisk({ disks }: StagedCluster): Strike {
  return async (victim) => {
    const disk = disks.leaves.get(victim.name);
    if (disk === undefined) throw new FaultSkipped('this machine allows no disks of their own for leaves');
    await disk.fill();
    return { what: `the disk of ${victim.name} is full`, undo: async () => disk.free() };
  };
}

function cut(direction: Direction): Strike {
  return async (victim) => {
    victim.cut(direction);
    return { what: `${victim.name} is cut off (${direction})`, undo: async () => victim.heal() };
  };
}

function free(all: readonly StagedProcess[], random: SimRandom): StagedProcess {
  const left = all.filter(({ struck }) => !struck);
  if (left.length === 0) throw new FaultSkipped('all of them are struck already');
  return random.pick(left);
}

function named(all: readonly StagedProcess[], name: string): StagedProcess {
  const found = all.find((one) => one.name === name);
  if (found === undefined || found.struck) throw new FaultSkipped(`${name} is struck already`);
  return found;
}

async function presiding({ context, roots }: StagedCluster): Promise<StagedProcess> {
  const { pid } = await controllerProcess(context);
  const found = roots.find((root) => root.pid === pid);
  if (found === undefined || found.struck)
    throw new FaultSkipped(`the process ${pid} of the controller is gone already`);
  return found;
}
