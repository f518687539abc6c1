/**
 * Documents indexed per second by one thread, bytes per document on disk, and memory per document while indexing and at
 * rest, against Lucene: as it replaces documents by id, as it adds them unseen, and with deflated sources. Reading and
 * parsing documents is outside of the time; flushes, merges on the way and the last commit are inside.
 */
import { type Corpus, corpora } from '../support/engine/corpora.ts';
import type { Peer } from '../support/engine/peer.ts';
import { startCoppice, startPeer } from '../support/engine/peers.ts';
import type { IndexCommand, IndexReport } from '../support/engine/protocol.ts';
import { type Comparison, printComparisons } from '../support/engine/report.ts';
import { say, workFolder } from '../support/engine/settings.ts';
import { median } from '../support/figures.ts';

type Variant = { readonly name: string; readonly options: Pick<IndexCommand, 'upsert' | 'deflate'> };
type Run = IndexReport & { readonly mergedBytes: number; readonly restBytes: number };
type Runs = { readonly variant: Variant; readonly ours: readonly Run[]; readonly theirs: readonly Run[] };

const VARIANTS: readonly Variant[] = [
  { name: '', options: {} },
  { name: '-add-only', options: { upsert: false } },
  { name: '-deflate', options: { deflate: true } },
];
const ROUNDS = 3;
const WARM_UP_SHARE = 0.2;

for (const corpus of corpora()) {
  for (const runs of await interleaved(corpus)) {
    const heading = `${corpus.name}, ${corpus.docCount} documents, Lucene${runs.variant.name}`;
    printComparisons(heading, compared(corpus, runs));
  }
}

async function interleaved(corpus: Corpus): Promise<Runs[]> {
  const lucene = await startPeer('lucene');
  if (lucene === undefined) return [];
  const ours = await startCoppice();
  const count = Math.round(corpus.docCount * WARM_UP_SHARE);
  await run(ours, { ...corpus, docCount: count }, {});
  await run(lucene, { ...corpus, docCount: count }, {});
  const ourRuns: Run[] = [];
  const theirRuns = VARIANTS.map((): Run[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    ourRuns.push(await run(ours, corpus, {}));
    for (const [i, { options }] of VARIANTS.entries()) theirRuns[i]?.push(await run(lucene, corpus, options));
  }
  await Promise.all([ours.close(), lucene.close()]);
  return VARIANTS.map((variant, i) => ({ variant, ours: ourRuns, theirs: theirRuns[i] ?? [] }));
}

async function run(peer: Peer, corpus: Corpus, options: Variant['options']): Promise<Run> {
  const folder = workFolder('indexes', peer.name);
  const report = await peer.index({ corpus: corpus.path, folder, count: corpus.docCount, ...options });
  const { bytes } = await peer.merge();
  await peer.release();
  say(`${peer.name} ${JSON.stringify({ ...options, ...report, mergedBytes: bytes })}`);
  return { ...report, mergedBytes: bytes, restBytes: await bytesAtRest(peer, corpus) };
}

/** What a process holds for an index that it has opened, when each task has been run once; mapped files count. */
async function bytesAtRest(peer: Peer, corpus: Corpus): Promise<number> {
  const folder = workFolder('indexes', peer.name);
  const reader = peer.name === 'lucene' ? await startPeer('lucene') : await startCoppice();
  if (reader === undefined) return 0;
  const { bytes: before } = await reader.memory();
  await reader.open(folder);
  await reader.search(corpus.tasks, { mode: 'top10count', passes: 1, budgetMs: 60_000 });
  const { bytes: after } = await reader.memory();
  await reader.close();
  return Math.max(0, after - before);
}

function compared(corpus: Corpus, { variant, ours, theirs }: Runs): Comparison[] {
  const docs = ours[0]?.docs ?? 1;
  const figure = (runs: readonly Run[], of: (run: Run) => number): number => median(runs.map(of));
  const compare = (name: string, unit: string, of: (run: Run) => number): Comparison => {
    const [mine, other] = [figure(ours, of), figure(theirs, of)];
    const isSpeed = unit.endsWith('/s');
    return {
      class: `${corpus.name}/${name}${variant.name}`,
      peer: 'lucene',
      ratio: isSpeed ? mine / other : other / mine,
      figures: { ours: Math.round(mine), theirs: Math.round(other), unit },
    };
  };
  const speed = [
    compare('indexing', 'docs/s', ({ wallMs }) => (1_000 * docs) / wallMs),
    compare('indexing-cpu', 'docs/CPU s/s', ({ cpuMs }) => (1_000 * docs) / cpuMs),
  ];
  const bytes = compare('bytes-per-doc', 'bytes', ({ mergedBytes }) => mergedBytes / docs);
  if (variant.options.deflate === true) return [...speed, bytes];
  if (variant.options.upsert === false) return speed;
  return [
    ...speed,
    bytes,
    compare('memory-per-doc-indexing', 'bytes', ({ heapBytes }) => heapBytes / docs),
    compare('memory-per-doc-at-rest', 'bytes', ({ restBytes }) => restBytes / docs),
  ];
}
