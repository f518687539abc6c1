/**
 * Whether the engine gives Lucene's answers: exact totals, the best ten in order, and their scores, for the tasks of all
 * classes, on one segment, on as many as merging leaves, and with a tenth of the documents deleted. The last is compared
 * with an index that never had them, since statistics count live documents only. Lists every difference, and fails if
 * there is one.
 */
import { type Corpus, classesOf, corpora } from '../support/engine/corpora.ts';
import { type Difference, disagreements } from '../support/engine/disagreement.ts';
import type { Peer } from '../support/engine/peer.ts';
import { startCoppice, startPeer } from '../support/engine/peers.ts';
import { printTable } from '../support/engine/report.ts';
import { say, size, workFolder } from '../support/engine/settings.ts';
import { printFigures } from '../support/figures.ts';

const DELETE_EVERY = 10;
const LIMIT = 10;

type Pair = { readonly ours: Peer; readonly lucene: Peer; readonly corpus: Corpus };

for (const { docCount, ...rest } of corpora()) {
  const corpus = { ...rest, docCount: Math.min(docCount, size.agreementDocs) };
  const lucene = await startPeer('lucene');
  if (lucene === undefined) break;
  const ours = await startCoppice();
  const pair = { ours, lucene, corpus };
  await index(lucene, corpus);
  await index(ours, corpus);
  await compare('many', pair);
  await ours.merge();
  await lucene.merge();
  await compare('one', pair);
  await ours.deleteEvery(DELETE_EVERY);
  await index(lucene, corpus, DELETE_EVERY);
  await compare('one-deletes', pair);
  await index(ours, corpus);
  await ours.deleteEvery(DELETE_EVERY);
  await compare('many-deletes', pair);
  await Promise.all([ours.close(), lucene.close()]);
}

async function index(peer: Peer, { path, docCount }: Corpus, skipEvery = 0): Promise<void> {
  const folder = workFolder('indexes', peer.name);
  const { docs, segments } = await peer.index({ corpus: path, folder, count: docCount, skipEvery });
  say(`${peer.name}: ${docs} documents, ${segments} segments`);
}

async function compare(state: string, { ours, lucene, corpus }: Pair): Promise<void> {
  const rows: Record<string, number | string>[] = [];
  const differences: Difference[] = [];
  for (const name of classesOf(corpus.tasks)) {
    const tasks = corpus.tasks.filter((task) => task.class === name);
    const found = await differencesOf(tasks, { ours, lucene, corpus });
    differences.push(...found);
    rows.push({ class: name, tasks: tasks.length, equal: tasks.length - found.length });
  }
  printTable(`${corpus.name}, ${corpus.docCount} documents, ${state}: answers equal to Lucene's`, rows);
  for (const difference of differences) printFigures({ corpus: corpus.name, state, ...difference });
  const tasks = corpus.tasks.length;
  printFigures({ agreement: `${corpus.name}/${state}`, tasks, equal: tasks - differences.length });
  if (differences.length > 0) process.exitCode = 1;
}

async function differencesOf(tasks: Corpus['tasks'], { ours, lucene }: Pair): Promise<Difference[]> {
  const theirs = await lucene.answers(tasks, LIMIT);
  try {
    return disagreements(tasks, await ours.answers(tasks, LIMIT), theirs);
  } catch (error) {
    const [first] = tasks;
    const detail = String(error).split('\n', 1)[0] ?? '';
    return tasks.map(({ text }) => ({ class: first?.class ?? '', text, kind: 'hits', detail }));
  }
}
