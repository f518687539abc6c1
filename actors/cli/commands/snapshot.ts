/** `coppice snapshot create|list|restore|delete`. */
import type { Command } from 'commander';
import type { Coppice, RequestOptions } from '../../../src/client/client.ts';
import type { SnapshotInfo, SnapshotList, SnapshotUnfinished } from '../../../src/client/snapshot-answers.ts';
import { systemEnv } from '../../../src/env.ts';
import { INDEX_SETTINGS } from '../../../src/search/request/index-request.ts';
import { exitCodeOfSignal } from '../../exit-codes.ts';
import type { Hints } from '../failure.ts';
import { onInterrupt } from '../interrupt.ts';
import { addExamples, addTargetOptions, depotUrl, nonEmptyText, wholeNumber } from '../options.ts';
import { LiveLine, transferLine } from '../progress.ts';
import { showBytes, showCounted, showDuration } from '../quantity.ts';
import type { Shell } from '../shell.ts';
import { drawTable } from '../table.ts';
import type { TargetFlags } from '../target.ts';

type DepotFlags = TargetFlags & { readonly depot?: string };
type TaskFlags = DepotFlags & { readonly indexes?: string; readonly rate?: number; readonly timeout?: number };
type CreateFlags = TaskFlags & { readonly partial?: boolean };
type RestoreFlags = TaskFlags & { readonly as?: string; readonly replicas?: number };

const SEE_LIST = 'see `coppice snapshot list`, with the same --depot';
const CREATE_HINTS: Hints = { ALREADY_EXISTS: `${SEE_LIST}, or delete it first with \`coppice snapshot delete NAME\`` };
const SNAPSHOT_HINTS: Hints = { SNAPSHOT_NOT_FOUND: SEE_LIST };
const RESTORE_HINTS: Hints = {
  ...SNAPSHOT_HINTS,
  GROUP_NOT_FOUND: `${SEE_LIST}: it shows what each has`,
  ALREADY_EXISTS: '--as NAME, or `coppice index delete NAME`',
};
const MIB = 1024 * 1024;
const MAX_RATE_MIB = 100_000;
const MAX_TIMEOUT_S = 1_000_000;

/** Adds the commands. */
export function addSnapshotCommands(program: Command, shell: Shell): void {
  const snapshot = program
    .command('snapshot')
    .summary('take, list, restore and delete snapshots')
    .description(
      'Takes snapshots of indices and groups into a depot, and restores them, here or in another cluster. ' +
        'Files that the depot has are not stored again.',
    );
  addCreate(snapshot, shell);
  addList(snapshot, shell);
  addRestore(snapshot, shell);
  addDelete(snapshot, shell);
}

function addCreate(snapshot: Command, shell: Shell): void {
  const command = snapshot
    .command('create')
    .summary('take a snapshot')
    .description('Takes a snapshot and waits for it. Ctrl-C gives it up; so does a failure, unless --partial is given.')
    .argument('<name>', 'lower-case letters, digits, `_`, `-` and dots')
    .option('--indexes <names>', 'which, by names and patterns with commas (default: all)', nonEmptyText)
    .option('--partial', 'keep the snapshot if some shards fail, without them');
  addTaskOptions(command);
  addExamples(addTargetOptions(command), [
    ['coppice snapshot create monday', 'all indices and groups, into the depot of the cluster'],
    [`coppice snapshot create monday --indexes 'books,logs-*' --depot file:///mnt/backup`, ''],
  ]);
  command.action(async (name: string, flags: CreateFlags) => {
    await runTask(name, flags, shell, CREATE_HINTS, async (coppice, options) => {
      const request = { ...requestOf(flags), ...(flags.partial === true ? { partial: true } : {}) };
      const answer = await coppice.createSnapshot(name, request, options);
      shell.print(
        flags,
        answer,
        () => `${describe(answer.snapshot)}, ${showBytes(answer.snapshot.copied.bytes)} copied\n`,
      );
      for (const { index, reason } of answer.snapshot.skipped ?? []) shell.note(`\`${index}\` is not in it: ${reason}`);
      for (const { index, shard_id: shard, reason } of answer.snapshot.failures)
        shell.note(`shard ${shard} of \`${index}\` is missing: ${reason}`);
    });
  });
}

function addList(snapshot: Command, shell: Shell): void {
  const command = snapshot
    .command('list')
    .summary('list the snapshots of a depot')
    .description('Lists the snapshots of a depot, and those that are being taken.');
  addDepotOption(addTargetOptions(command));
  command.action(async (flags: DepotFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.snapshots(depotOf(flags));
      shell.print(flags, answer, () => drawSnapshots(answer));
    });
  });
}

function addRestore(snapshot: Command, shell: Shell): void {
  const command = snapshot
    .command('restore')
    .summary('make indices and groups from a snapshot')
    .description(
      'Makes indices and groups from a snapshot, all that are asked for or none. A name that is taken is refused.',
    )
    .argument('<name>', 'the snapshot')
    .option('--indexes <names>', 'which, by names and patterns with commas (default: all)', nonEmptyText)
    .option('--as <name>', 'another name; a * in it stands for the name that each had', nonEmptyText)
    .option(
      '--replicas <n>',
      'copies of each shard beside the primary (default: as before)',
      wholeNumber(INDEX_SETTINGS.replicas.min, INDEX_SETTINGS.replicas.max),
    );
  addTaskOptions(command);
  addExamples(addTargetOptions(command), [
    ['coppice snapshot restore monday --indexes books --as books-of-monday', ''],
    [`coppice snapshot restore monday --depot file:///mnt/backup --as 'old-*'`, 'all, as old-books, old-logs, …'],
  ]);
  command.action(async (name: string, flags: RestoreFlags) => {
    await runTask(name, flags, shell, RESTORE_HINTS, async (coppice, options) => {
      const { as, replicas } = flags;
      const request = {
        ...requestOf(flags),
        ...(as === undefined ? {} : { as }),
        ...(replicas === undefined ? {} : { replicas }),
      };
      const answer = await coppice.restoreSnapshot(name, request, options);
      const { indices, shards } = answer.snapshot;
      shell.print(flags, answer, () => `${indices.join(', ')} restored, ${showCounted(shards.total, 'shard')}\n`);
      if (!answer.shards_acknowledged) shell.note('not every shard answers yet (see `coppice status`)');
    });
  });
}

function addDelete(snapshot: Command, shell: Shell): void {
  const command = snapshot
    .command('delete')
    .summary('delete a snapshot')
    .description('Deletes a snapshot with the files that no other one needs, or gives up one that is being taken.')
    .argument('<name>', 'the snapshot');
  addDepotOption(addTargetOptions(command));
  command.action(async (name: string, flags: DepotFlags) => {
    const run = async (coppice: Coppice): Promise<void> => {
      const answer = await coppice.deleteSnapshot(name, depotOf(flags));
      const { files, bytes, blocked_by: blocking } = answer.freed;
      const freed = `${showCounted(files, 'file')} with ${showBytes(bytes)} freed`;
      shell.print(flags, answer, () => `snapshot \`${name}\` deleted, ${freed}\n`);
      if (blocking !== undefined)
        shell.note(`its files stay until \`${blocking}\` is complete and one more is deleted`);
    };
    await shell.withClient(flags, run, SNAPSHOT_HINTS);
  });
}

function addDepotOption(command: Command): Command {
  return command.option(
    '--depot <url>',
    'nats:[BUCKET], file:///PATH or s3://BUCKET/PREFIX, as the leaves reach it (default: that of the cluster)',
    depotUrl,
  );
}

function addTaskOptions(command: Command): void {
  addDepotOption(command)
    .option('--rate <n>', 'MiB per second and leaf, at most (default: 64)', wholeNumber(1, MAX_RATE_MIB))
    .option('--timeout <seconds>', 'give it up after so long (default: 3600)', wholeNumber(1, MAX_TIMEOUT_S));
}

/** Runs a long request, with its progress on stderr; an interrupt gives it up. */
async function runTask(
  name: string,
  flags: TaskFlags,
  shell: Shell,
  hints: Hints,
  run: (coppice: Coppice, options: RequestOptions) => Promise<void>,
): Promise<void> {
  const interrupt = onInterrupt();
  const live = new LiveLine(shell.terminal.stderr, () => systemEnv.clock.nowMs());
  const runShown = async (coppice: Coppice): Promise<void> => {
    try {
      await run(coppice, {
        signal: interrupt.signal,
        ...(flags.timeout === undefined ? {} : { deadlineMs: flags.timeout * 1_000 }),
        onProgress: ({ doneBytes, totalBytes, shards, shardsDone }) =>
          live.show((elapsedMs) =>
            transferLine(name, { doneBytes, totalBytes, elapsedMs, note: `${shardsDone} of ${shards} shards` }),
          ),
      });
    } finally {
      live.clear();
    }
  };
  await shell.withClient(flags, runShown, hints);
  if (interrupt.by !== undefined) shell.exitCode = exitCodeOfSignal(interrupt.by);
  interrupt.close();
}

function requestOf(flags: TaskFlags): { indices?: string; depot?: string; max_bytes_per_sec?: number } {
  const { indexes, rate } = flags;
  return {
    ...depotOf(flags),
    ...(indexes === undefined ? {} : { indices: indexes }),
    ...(rate === undefined ? {} : { max_bytes_per_sec: rate * MIB }),
  };
}

function depotOf({ depot }: DepotFlags): { depot?: string } {
  return depot === undefined ? {} : { depot };
}

function describe({ snapshot, state, shards, bytes, duration_in_millis: tookMs }: SnapshotInfo): string {
  const partial = state === 'PARTIAL' ? `, ${showCounted(shards.failed, 'shard')} missing` : '';
  return `snapshot \`${snapshot}\` taken in ${showDuration(tookMs)}: ${showCounted(shards.successful, 'shard')}, ${showBytes(bytes)}${partial}`;
}

function drawSnapshots({ snapshots }: SnapshotList): string {
  if (snapshots.length === 0) return 'no snapshots here (take one with `coppice snapshot create NAME`)\n';
  const columns = [
    { title: 'snapshot' },
    { title: 'state' },
    { title: 'cluster' },
    { title: 'taken' },
    { title: 'shards', align: 'right' },
    { title: 'size', align: 'right' },
    { title: 'indices' },
  ] as const;
  return drawTable(columns, snapshots.map(row));
}

function row(one: SnapshotInfo | SnapshotUnfinished): readonly string[] {
  const { snapshot, state, cluster, start_time: startTime } = one;
  const head = [snapshot ?? '?', state, cluster ?? '', startTime ?? ''];
  return 'indices' in one
    ? [...head, String(one.shards.successful), showBytes(one.bytes), one.indices.join(',')]
    : [...head, '', '', one.reason ?? ''];
}
