/**
 * `cluster.json` in a data folder: where a running cluster is, for the commands and scripts that look for it. Written
 * by the supervisor at every change, whole or not at all, and removed at its end. It holds no secrets.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isAlive } from '../../src/process-identity.ts';

const FILE = 'cluster.json';
const Member = v.object({ name: v.string(), pid: v.number() });
const ClusterFile = v.object({
  pid: v.number(),
  started: v.string(),
  cluster: v.string(),
  nats: v.string(),
  leaves: v.array(Member),
  root: Member,
  /** Absent where NATS was there before. */
  natsServer: v.exactOptional(v.object({ pid: v.number() })),
});

/** A running cluster: its supervisor (`pid`, `started`), its NATS and its processes. */
export type ClusterFile = v.InferOutput<typeof ClusterFile>;

/** What a data folder says of its cluster. */
export type FoundCluster =
  | { readonly kind: 'running'; readonly file: ClusterFile }
  | { readonly kind: 'stopped'; readonly pid: number }
  | { readonly kind: 'none' };

/** Looks for a running cluster in a data folder. A file that cannot be read counts as none. */
export function findCluster(data: string): FoundCluster {
  const file = read(join(data, FILE));
  if (file === undefined) return { kind: 'none' };
  return isAlive(file) ? { kind: 'running', file } : { kind: 'stopped', pid: file.pid };
}

/** Writes the file. */
export function writeClusterFile(data: string, file: ClusterFile): void {
  const path = join(data, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(file, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** Removes the file. */
export function removeClusterFile(data: string): void {
  rmSync(join(data, FILE), { force: true });
}

function read(path: string): ClusterFile | undefined {
  try {
    const parsed = v.safeParse(ClusterFile, JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
