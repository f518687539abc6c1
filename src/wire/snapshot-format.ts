/**
 * What a snapshot is in a depot. Everything lies below `snapshots/`:
 *
 * | name | what |
 * | --- | --- |
 * | `creates/<id>` | the announcement of a create: whose it is, and under which name. Put first, and removed first |
 * | `names/<name>` | the name is taken, and by which create |
 * | `<id>/outcome` | what became of a create: the snapshot's document, put last, or that it was given up. Whoever puts it first decides |
 * | `<id>/<sha256>` | a file that the create stored; later snapshots refer to it as well |
 *
 * `<id>` is the random id of one create and never comes back, and so no file's name does. All but files is JSON.
 * Why no file goes that is needed: `src/snapshots/shelf.ts`.
 */
import * as v from 'valibot';
import { CoppiceError } from '../errors.ts';
import { decode, encode } from './codec.ts';
import { GroupRecord } from './records.ts';

/** Format of all but the files that this version writes, and the only one that it reads. */
export const SNAPSHOT_FORMAT = 1;

/** What all names begin with. */
export const SNAPSHOTS_PREFIX = 'snapshots/';

/** What the names of announcements begin with. */
export const ANNOUNCEMENTS_PREFIX = `${SNAPSHOTS_PREFIX}creates/`;

/** What the blobs that say that a name is taken begin with. */
export const CLAIMS_PREFIX = `${SNAPSHOTS_PREFIX}names/`;

const OUTCOME = 'outcome';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A file: its name to the actor, its name in the depot, and its size in bytes. */
const SnapshotFile = v.object({ name: v.string(), blob: v.string(), sizeBytes: Count });
export type SnapshotFile = v.InferOutput<typeof SnapshotFile>;

/** A shard as it was at one record of its log. */
export const ShardSnapshot = v.object({
  shard: Count,
  /** Log sequence of the last record that is in it. */
  seq: Count,
  /** Highest term in the log up to there. */
  term: Count,
  /** The runtime's share (`checkpoint-format.ts`). */
  runtime: SnapshotFile,
  /** The actor's files. */
  files: v.array(SnapshotFile),
});
export type ShardSnapshot = v.InferOutput<typeof ShardSnapshot>;

/** A shard that is missing, and why. */
const ShardFailure = v.object({ shard: Count, reason: v.string() });

/** An index, or another group. */
const GroupSnapshot = v.object({
  group: GroupRecord,
  /** The document that its shards share, as it was after the last of them was captured; absent if there is none. */
  shared: v.exactOptional(v.unknown()),
  shards: v.array(ShardSnapshot),
  failures: v.array(ShardFailure),
});
export type GroupSnapshot = v.InferOutput<typeof GroupSnapshot>;

/** Whose a create is. `cluster` is for people, `clusterId` tells clusters of one name apart. */
const Announcement = v.object({
  v: v.literal(SNAPSHOT_FORMAT),
  id: v.string(),
  name: v.string(),
  cluster: v.string(),
  clusterId: v.string(),
  startedMs: v.number(),
});
export type Announcement = v.InferOutput<typeof Announcement>;

const Claim = v.object({ v: v.literal(SNAPSHOT_FORMAT), id: v.string() });

/** That a name is taken. */
export type Claim = v.InferOutput<typeof Claim>;

const Complete = v.object({
  v: v.literal(SNAPSHOT_FORMAT),
  kind: v.literal('snapshot'),
  id: v.string(),
  name: v.string(),
  cluster: v.string(),
  startedMs: v.number(),
  endedMs: v.number(),
  groups: v.array(GroupSnapshot),
});
const GivenUp = v.object({ v: v.literal(SNAPSHOT_FORMAT), kind: v.literal('given-up'), id: v.string() });
const Outcome = v.variant('kind', [Complete, GivenUp]);

/** A snapshot's document. */
export type SnapshotDocument = v.InferOutput<typeof Complete>;

/** What became of a create. */
export type SnapshotOutcome = v.InferOutput<typeof Outcome>;

/** Name of the announcement of a create. */
export function announcementName(id: string): string {
  return `${ANNOUNCEMENTS_PREFIX}${id}`;
}

/** Name of the blob that says that a snapshot's name is taken. */
export function claimName(name: string): string {
  return `${CLAIMS_PREFIX}${name}`;
}

/** Name of the outcome of a create. */
export function outcomeName(id: string): string {
  return `${SNAPSHOTS_PREFIX}${id}/${OUTCOME}`;
}

/** Name of a file that a create stores. `sha256` is in hexadecimal digits. */
export function snapshotFileName(id: string, sha256: string): string {
  return `${SNAPSHOTS_PREFIX}${id}/${sha256}`;
}

/** Whether a blob is a file or an outcome of a create, and which; undefined for what is neither. */
export function kindOf(name: string): 'file' | 'outcome' | undefined {
  const [, last] = /^snapshots\/[^/]+\/([^/]+)$/.exec(name) ?? [];
  if (last === OUTCOME) return 'outcome';
  return last !== undefined && /^[0-9a-f]{64}$/.test(last) ? 'file' : undefined;
}

/** All files of a shard, the runtime's share first. */
export function filesOf(shard: ShardSnapshot): readonly SnapshotFile[] {
  return [shard.runtime, ...shard.files];
}

/** Encodes anything but a file. */
export function encodeSnapshotPart(part: Announcement | Claim | SnapshotOutcome): Uint8Array {
  return encode(part, 'json');
}

/** Decodes an announcement. All of these throw CoppiceError `UNSUPPORTED_FORMAT`, which tells the format if it is another one. */
export function decodeAnnouncement(data: Uint8Array, name: string): Announcement {
  return read(Announcement, data, name);
}

/** Decodes what says that a name is taken. */
export function decodeClaim(data: Uint8Array, name: string): Claim {
  return read(Claim, data, name);
}

/** Decodes an outcome. */
export function decodeOutcome(data: Uint8Array, name: string): SnapshotOutcome {
  return read(Outcome, data, name);
}

function read<Schema extends v.GenericSchema>(schema: Schema, data: Uint8Array, name: string): v.InferOutput<Schema> {
  const value = parse(data, name);
  const format = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
  if (typeof format === 'number' && format !== SNAPSHOT_FORMAT)
    throw new CoppiceError(
      'UNSUPPORTED_FORMAT',
      `\`${name}\` is of snapshot format ${format}, and this version of Coppice reads format ${SNAPSHOT_FORMAT}`,
      { details: { blob: name, format, supported: SNAPSHOT_FORMAT } },
    );
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const reason = v.summarize(result.issues);
  throw new CoppiceError('UNSUPPORTED_FORMAT', `\`${name}\` is not of snapshot format ${SNAPSHOT_FORMAT}: ${reason}`, {
    details: { blob: name },
  });
}

function parse(data: Uint8Array, name: string): unknown {
  try {
    return decode(data, 'json');
  } catch (cause) {
    throw new CoppiceError('UNSUPPORTED_FORMAT', `\`${name}\` is no JSON`, { cause, details: { blob: name } });
  }
}
