/**
 * Processes of a running cluster that are on this machine and may be struck: found through the registry, by pid and host
 * name, and looked at before they are touched, since a pid may mean somebody else's process.
 */
import { execFileSync } from 'node:child_process';
import { hostname } from 'node:os';
import type { ClusterContext } from '../../src/cluster/context.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../../src/process-identity.ts';
import { LeafRecord, parseRecord } from '../../src/wire/records.ts';
import { LEAF_KEYS } from '../../src/wire/subjects.ts';
import type { ClusterFile } from '../embedded/cluster-file.ts';
import { FaultSkipped } from './fault.ts';
import { controllerProcess } from './whereabouts.ts';

/** What a process is. */
export type ProcessRole = 'leaf' | 'root' | 'nats-server';

/** A process that may be struck. */
export type HostProcess = ProcessIdentity & { readonly name: string; readonly role: ProcessRole };

/** A process that may not be struck, and why. */
export type SparedProcess = { readonly name: string; readonly why: string };

/** All that could be found. */
export type HostProcesses = { readonly found: readonly HostProcess[]; readonly spared: readonly SparedProcess[] };

/** How a command line shows what its process is. */
const SIGNS: Readonly<Record<ProcessRole, RegExp>> = {
  leaf: /(^|[\s/])leaf([\s/]|$)/,
  root: /(^|[\s/])root([\s/]|$)/,
  'nats-server': /nats-server/,
};

/** Reads the command line of a process; undefined if there is no such process. */
export type CommandLineOf = (pid: number) => string | undefined;

/**
 * Looks for leaves, the root that holds the controller's seat, and what the data folder of `coppice up` tells of.
 *
 * @param file What the data folder says, where the cluster was started by `coppice up` on this machine.
 */
export async function findHostProcesses(
  context: ClusterContext,
  file: ClusterFile | undefined,
  commandLine: CommandLineOf = commandLineOf,
): Promise<HostProcesses> {
  const found = new Map<number, HostProcess>();
  const spared: SparedProcess[] = [];
  const take = (place: { name: string; role: ProcessRole; pid: number; host: string }): void => {
    const judged = judge(place, commandLine);
    if (typeof judged === 'string') spared.push({ name: place.name, why: judged });
    else found.set(judged.pid, judged);
  };
  const prefix = LEAF_KEYS.leaf.slice(0, LEAF_KEYS.leaf.indexOf('{'));
  for (const { key, value } of await context.leaves.list(prefix))
    take({ ...parseRecord(LeafRecord, value, key), role: 'leaf' });
  if (file !== undefined) {
    take({ ...file.root, role: 'root', host: hostname() });
    if (file.natsServer !== undefined)
      take({ name: 'nats-server', pid: file.natsServer.pid, role: 'nats-server', host: hostname() });
  }
  const controller = await controllerProcess(context).catch(nobodyIfSkipped);
  if (controller !== undefined && !found.has(controller.pid)) take({ name: 'controller', role: 'root', ...controller });
  return { found: [...found.values()], spared };
}

/** Whether the process is still the one that was found. */
export function isStill(one: HostProcess): boolean {
  return isAlive(one);
}

/** An empty seat is no error; a registry that cannot be read is. */
function nobodyIfSkipped(error: unknown): undefined {
  if (error instanceof FaultSkipped) return undefined;
  throw error;
}

function judge(
  place: { name: string; role: ProcessRole; pid: number; host: string },
  commandLine: CommandLineOf,
): HostProcess | string {
  const { name, role, pid, host } = place;
  if (host !== hostname()) return `it runs on ${host}`;
  const words = commandLine(pid);
  const identity = identityOf(pid);
  if (words === undefined || identity === undefined) return `no process has its pid ${pid}`;
  if (!SIGNS[role].test(words)) return `the command line of ${pid} does not show that it is a ${role}`;
  if (role === 'leaf' && !words.split(/\s+/).includes(name))
    return `the command line of ${pid} does not show that it is ${name}`;
  return { ...identity, name, role };
}

function commandLineOf(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // `ps` ends with 1 if there is no such process.
    return undefined;
  }
}
