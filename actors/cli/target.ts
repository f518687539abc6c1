/**
 * Which cluster a command means: named by flags, else by the environment, else the one that runs in the folder at
 * hand, else whatever answers at the default port.
 */
import { resolve } from 'node:path';
import { type ConnectionOptions, connectionOptionsFrom } from '../../src/bus/nats/options.ts';
import { CoppiceError } from '../../src/errors.ts';
import { DEFAULTS } from '../config.ts';
import type { Vars } from '../connection-vars.ts';
import type { FoundCluster } from '../embedded/cluster-file.ts';
import { shellWord } from '../shell-word.ts';

/** The flags that every command takes. */
export type TargetFlags = {
  readonly nats?: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly creds?: string;
  readonly nkey?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly streamReplicas?: number;
  readonly cluster?: string;
  readonly data?: string;
  readonly json?: boolean;
};

/** A cluster and how to reach it. `hint` says what to try if that fails. */
export type Target = { readonly cluster: string; readonly connection: ConnectionOptions; readonly hint: string };

/** Looks into a data folder. */
export type FindCluster = (data: string) => FoundCluster;

/**
 * Decides which cluster is meant.
 *
 * @throws CoppiceError `PREFLIGHT_FAILED` if a data folder is named in which no cluster runs.
 */
export function findTarget(flags: TargetFlags, vars: Vars, find: FindCluster): Target {
  if (flags.nats !== undefined) return atServer(flags, vars, 'check the address given with --nats');
  if (flags.data !== undefined) return inFolder(flags.data, flags, vars, find);
  if (isSet(vars['NATS_URL'])) return atServer(flags, vars, 'check the address in NATS_URL');
  const folder = vars['COPPICE_DATA'];
  if (isSet(folder)) return inFolder(folder, flags, vars, find);
  for (const data of [DEFAULTS.data, DEFAULTS.demoData]) {
    const found = find(data);
    if (found.kind === 'running') return ofFile(found, flags, vars);
  }
  return atServer(flags, vars, 'start a cluster with `coppice up`, or say where one is with --nats or --data');
}

/** The connection that flags and environment name, for commands that look into no folder. */
export function connectionOf(flags: TargetFlags, vars: Vars): ConnectionOptions {
  const { nats, user, password, token, creds, nkey, tlsCa: ca, tlsCert: cert, tlsKey: key } = flags;
  const tls = { ...absolute({ ca }), ...absolute({ cert }), ...absolute({ key }) };
  return connectionOptionsFrom(vars, {
    ...(nats === undefined ? {} : { servers: nats }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
    ...absolute({ creds }),
    ...absolute({ nkey }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    ...(flags.streamReplicas === undefined ? {} : { streamReplicas: flags.streamReplicas }),
  });
}

/** The name of the cluster that flags and environment say. */
export function clusterOf(flags: TargetFlags, vars: Vars): string {
  return flags.cluster ?? (isSet(vars['COPPICE_CLUSTER']) ? vars['COPPICE_CLUSTER'] : DEFAULTS.cluster);
}

function atServer(flags: TargetFlags, vars: Vars, hint: string): Target {
  return { cluster: clusterOf(flags, vars), connection: connectionOf(flags, vars), hint };
}

function inFolder(data: string, flags: TargetFlags, vars: Vars, find: FindCluster): Target {
  const found = find(data);
  if (found.kind === 'running') return ofFile(found, flags, vars);
  const before = found.kind === 'stopped' ? `; the last one (pid ${found.pid}) is gone` : '';
  throw new CoppiceError(
    'PREFLIGHT_FAILED',
    `no cluster runs in \`${data}\`${before}: start one with \`coppice up --data ${shellWord(data)}\``,
  );
}

/** Credentials of the environment belong to the NATS of the environment, not to an embedded one. */
function ofFile({ file }: Extract<FoundCluster, { kind: 'running' }>, flags: TargetFlags, vars: Vars): Target {
  const credentials = file.natsServer === undefined ? vars : {};
  const connection = { ...connectionOf(flags, credentials), servers: file.nats };
  return { cluster: flags.cluster ?? file.cluster, connection, hint: `its supervisor runs with pid ${file.pid}` };
}

/** Paths must mean the same to child processes, wherever those run. */
function absolute<K extends string>(path: Record<K, string | undefined>): Partial<Record<K, string>> {
  const made: Partial<Record<K, string>> = {};
  for (const key in path) {
    const value = path[key];
    if (value !== undefined) made[key] = resolve(value);
  }
  return made;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
