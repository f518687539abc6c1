/** What a person sees when a cluster is up: where it is, and what to type next. */
import { DEFAULTS } from '../config.ts';
import type { ClusterFile } from '../embedded/cluster-file.ts';
import { shellWord } from '../shell-word.ts';
import { drawTable } from './table.ts';

/** Draws it. `program` is how this program was called. */
export function banner(cluster: ClusterFile, options: { data: string; program: string }): string {
  const { data, program } = options;
  const isDefault = data === DEFAULTS.data || data === DEFAULTS.demoData;
  const where = isDefault ? '' : ` --data ${shellWord(data)}`;
  const members = [
    ...(cluster.natsServer === undefined ? [] : [['nats-server', String(cluster.natsServer.pid)]]),
    ['root', String(cluster.root.pid)],
    ...cluster.leaves.map(({ name, pid }) => [name, String(pid)]),
  ];
  const commands =
    data === DEFAULTS.demoData
      ? [`${program} search wordnet${where} fear of heights`, `${program} status${where}`]
      : [
          `${program} index create books --shards 3${where}`,
          `${program} put books 1 '{"title":"Moby Dick"}'${where}`,
          `${program} search books moby${where}`,
        ];
  return [
    `cluster ${cluster.cluster} is up at ${cluster.nats} (data and logs in ${data})\n\n`,
    drawTable([{ title: 'process' }, { title: 'pid', align: 'right' }], members),
    `\nIn another terminal:\n`,
    ...commands.map((command) => `  ${command}\n`),
    `From any service, with plain NATS:\n  nats --server ${cluster.nats} req ${cluster.cluster}.api.cluster-health._ '{}'\n`,
    `Ctrl-C ends it; the data stays.\n`,
  ].join('');
}
