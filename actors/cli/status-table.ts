/** Draws the state of a cluster: its leaves, and for each index a table of leaves × shards. */
import type { ClusterState, CopyState } from './cluster-state.ts';
import { showBytes, showCount, showCounted, showDuration } from './quantity.ts';
import { drawTable } from './table.ts';

type Index = ClusterState['indices'][number];

const LEAF_COLUMNS = [
  { title: 'leaf' },
  { title: 'pid', align: 'right' },
  { title: 'host' },
  { title: 'zone' },
  { title: 'load', align: 'right' },
  { title: 'memory', align: 'right' },
  { title: 'copies', align: 'right' },
] as const;

/** Draws everything; tables of many shards are cut into several of at most `width` columns. */
export function drawStatus(state: ClusterState, status: string, width: number): string {
  const leaves = showCounted(state.leaves.length, 'leaf', 'leaves');
  const controller = typeof state.controller === 'string' ? '' : ', no controller (is a root up?)';
  const head = `cluster ${state.cluster}: ${status}, ${leaves}${controller}\n`;
  return [
    head,
    ...(state.leaves.length > 0 ? [`${drawLeaves(state)}${state.leaves.map(drawDeaths).join('')}`] : []),
    ...state.indices.map((index) => drawIndex(index, width)),
  ].join('\n');
}

function drawLeaves({ leaves, indices }: ClusterState): string {
  const copies = indices.flatMap(({ shards }) => shards.flatMap((shard) => shard.copies));
  return drawTable(
    LEAF_COLUMNS,
    leaves.map(({ name, pid, host, zone, load, rss_bytes: bytes, draining }) => [
      draining ? `${name} (draining)` : name,
      String(pid),
      host,
      zone,
      typeof load === 'number' ? load.toFixed(2) : 'silent',
      typeof bytes === 'number' ? showBytes(bytes) : '',
      String(copies.filter(({ leaf }) => leaf === name).length),
    ]),
  );
}

/** What became of a leaf's worker threads, if any died. */
function drawDeaths({ name, workers }: ClusterState['leaves'][number]): string {
  const last = workers?.last_death;
  if (workers === undefined || last === undefined) return '';
  return `${name} lost ${showCounted(workers.deaths, 'worker thread')}; ${last.at}: ${last.reason}\n`;
}

function drawIndex(index: Index, width: number): string {
  const title = `${index.name}: ${showCounted(index.shards.length, 'shard')}, ${showCounted(index.replicas, 'replica')} of each\n`;
  const leaves = [...new Set(index.shards.flatMap(({ copies }) => copies.map(({ leaf }) => leaf)))].toSorted();
  const columns = index.shards.map(({ shard, copies }) => ({
    title: `shard ${shard}`,
    cells: leaves.map((leaf) =>
      copies
        .filter((copy) => copy.leaf === leaf)
        .map(showCopy)
        .join(' + '),
    ),
  }));
  const tables = chunked(columns, leaves, width).map((part) =>
    drawTable(
      [{ title: 'leaf' }, ...part],
      leaves.map((leaf, row) => [leaf, ...part.map(({ cells }) => cells[row] ?? '')]),
    ),
  );
  return [title, ...tables, ...troubles(index), ...skips(index)].join('');
}

type ShardColumn = { readonly title: string; readonly cells: readonly string[] };

/** Cuts the columns into groups that fit, one column at least in each. */
function chunked(
  columns: readonly ShardColumn[],
  leaves: readonly string[],
  width: number,
): readonly (readonly ShardColumn[])[] {
  const leafWidth = Math.max(4, ...leaves.map(({ length }) => length));
  const chunks: ShardColumn[][] = [[]];
  let used = leafWidth;
  for (const column of columns) {
    const needed = 2 + Math.max(column.title.length, ...column.cells.map(({ length }) => length));
    if (used + needed > width && chunks.at(-1)?.length !== 0) {
      chunks.push([]);
      used = leafWidth;
    }
    chunks.at(-1)?.push(column);
    used += needed;
  }
  return chunks;
}

/** State, documents and size; the lag where there is one. */
function showCopy({ state, docs, bytes, seq, last_seq: lastSeq }: CopyState): string {
  if (state === 'unassigned') return state;
  const lag = lastSeq > seq ? `, ${showCount(lastSeq - seq)} behind` : '';
  return `${state} ${showCount(docs)} (${showBytes(bytes)}${lag})`;
}

/** Writes that shards have passed over, which every copy counts alike. */
function skips({ name, shards }: Index): readonly string[] {
  return shards.flatMap(({ shard, copies }) => {
    const skipped = Math.max(0, ...copies.map((copy) => copy.skipped ?? 0));
    return skipped === 0
      ? []
      : [`${name} shard ${shard} has skipped ${showCounted(skipped, 'write')}: see \`coppice skipped ${name}\`\n`];
  });
}

function troubles({ name, shards }: Index): readonly string[] {
  return shards.flatMap(({ shard, copies }) =>
    copies.flatMap((copy) => remarks(copy).map((remark) => `${name} shard ${shard} on ${copy.leaf} ${remark}\n`)),
  );
}

function remarks({ state, reason, recovery, disk, checkpoint_failure: failure }: CopyState): readonly string[] {
  return [
    ...(reason === undefined ? [] : [`is ${state}: ${reason}`]),
    ...(failure === undefined ? [] : [`takes no checkpoints: ${failure}`]),
    ...(recovery === undefined ? [] : [`reads ${showRecovery(recovery)}`]),
    ...(disk === undefined
      ? []
      : [`takes no writes, ${showBytes(disk.waiting_bytes)} wait for its disk: ${disk.reason}`]),
  ];
}

/** Such as `the checkpoint: 12 MB of 80 MB, 40 MB/s, 2 s left`. */
function showRecovery(recovery: NonNullable<CopyState['recovery']>): string {
  const { from, done_bytes: done, total_bytes: total, bytes_per_second: rate, remaining_ms: left } = recovery;
  const source = from === 'local' ? 'its files' : `the ${from}`;
  const amount = total === undefined ? showBytes(done) : `${showBytes(done)} of ${showBytes(total)}`;
  return `${source}: ${amount}, ${showBytes(rate)}/s${left === undefined ? '' : `, ${showDuration(left)} left`}`;
}
