/**
 * Searches per second in classes of queries, against Lucene in four states of the index (one segment or as merging left
 * it, without deletes or with a tenth of the documents deleted) and against smaller peers on one segment without deletes.
 * A class is named `<corpus>/<class of queries>/<what is asked for>/<state>`.
 */
import { type Corpus, classesOf, corpora } from '../support/engine/corpora.ts';
import type { Peer } from '../support/engine/peer.ts';
import { NPM_PEERS, type PeerName, startCoppice, startPeer } from '../support/engine/peers.ts';
import type { Mode, Task } from '../support/engine/protocol.ts';
import { type Race, race, warmUp } from '../support/engine/race.ts';
import { type Comparison, printComparisons, printOverview } from '../support/engine/report.ts';
import { say, size, workFolder } from '../support/engine/settings.ts';

const MODES: readonly Mode[] = ['top10', 'top10count', 'count'];
const DELETE_EVERY = 10;
/** Warming up when only the index has changed. */
const SHORT_MS = 1_000;
const LUCENE_BUDGET_MS = 20_000;

type State = 'many' | 'many-deletes' | 'one' | 'one-deletes';
type Runner = { readonly ours: Peer; readonly theirs: Peer; readonly corpus: Corpus };

for (const corpus of corpora()) {
  await measureLucene(corpus);
  await measureSmallPeers(corpus);
}

async function measureLucene(corpus: Corpus): Promise<void> {
  const theirs = await startPeer('lucene');
  if (theirs === undefined) return;
  const ours = await startCoppice();
  const runner = { ours, theirs, corpus };
  const all: Comparison[] = [];
  for (const state of ['many', 'many-deletes', 'one', 'one-deletes'] as const) {
    await bringInto(state, runner);
    for (const peer of [ours, theirs]) await warmUp(peer, byClass(corpus), state === 'many' ? size.warmUpMs : SHORT_MS);
    const comparisons: Comparison[] = [];
    for (const mode of MODES) comparisons.push(...(await raceAll(runner, { mode, state })));
    printComparisons(`${corpus.name}, ${corpus.docCount} documents, ${state}`, comparisons);
    all.push(...comparisons);
  }
  printOverview(`${corpus.name}, ${corpus.docCount} documents, against Lucene ${theirs.hello.version}`, all);
  await Promise.all([ours.close(), theirs.close()]);
}

/** Each state follows from the one before, or from an index made anew. */
async function bringInto(state: State, { ours, theirs, corpus }: Runner): Promise<void> {
  for (const peer of [ours, theirs]) {
    if (state.endsWith('deletes')) {
      say(`${peer.name}: ${JSON.stringify(await peer.deleteEvery(DELETE_EVERY))}`);
      continue;
    }
    const folder = workFolder('indexes', peer.name);
    const report = await peer.index({ corpus: corpus.path, folder, count: corpus.docCount });
    const { segments } = state === 'one' ? await peer.merge() : report;
    say(`${peer.name}: ${report.docs} documents of ${corpus.name}, ${state}, ${segments} segments`);
  }
}

function byClass({ tasks }: Corpus): Task[][] {
  return classesOf(tasks).map((name) => tasks.filter((task) => task.class === name));
}

async function raceAll(
  { ours, theirs, corpus }: Runner,
  { mode, state }: { readonly mode: Mode; readonly state: State },
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const name of classesOf(corpus.tasks)) {
    const tasks = corpus.tasks.filter((task) => task.class === name);
    if (mode === 'count' && tasks.some(({ sort }) => sort !== undefined)) continue;
    const { rounds, passes } = size;
    const how = { tasks, mode, rounds, passes, budgetMs: LUCENE_BUDGET_MS };
    comparisons.push(...(await raced(ours, theirs, { name: `${corpus.name}/${name}/${mode}/${state}`, ...how })));
  }
  return comparisons;
}

/** A class that one of the two cannot run is told of, and the others go on. */
async function raced(ours: Peer, theirs: Peer, entry: Race): Promise<Comparison[]> {
  try {
    return [await race(ours, theirs, entry)];
  } catch (error) {
    say(`${entry.name} against ${theirs.name}: ${String(error).split('\n', 1)[0] ?? ''}`);
    process.exitCode = 1;
    return [];
  }
}

/** npm's libraries take long to index, so they, and the engine against them, may be given fewer documents. */
async function measureSmallPeers(corpus: Corpus): Promise<void> {
  const few = { ...corpus, docCount: Math.min(size.npmPeerDocs, corpus.docCount) };
  await measureInTurn(['sqlite-fts5'], corpus);
  await measureInTurn(NPM_PEERS, few);
}

async function measureInTurn(names: readonly PeerName[], corpus: Corpus): Promise<void> {
  const ours = await startCoppice();
  await bringOne(ours, corpus);
  for (const name of names) {
    const theirs = await startPeer(name);
    if (theirs === undefined) continue;
    try {
      await measureSmallPeer(theirs, ours, corpus);
    } catch (error) {
      say(`${name} failed: ${String(error).split('\n', 1)[0] ?? ''}`);
      process.exitCode = 1;
    }
    await theirs.close();
  }
  await ours.close();
}

async function bringOne(peer: Peer, corpus: Corpus): Promise<void> {
  const folder = workFolder('indexes', peer.name);
  const { docs, wallMs } = await peer.index({ corpus: corpus.path, folder, count: corpus.docCount });
  await peer.merge();
  say(`${peer.name}: ${docs} documents of ${corpus.name} in ${(wallMs / 1000).toFixed(1)} s`);
}

async function measureSmallPeer(theirs: Peer, ours: Peer, corpus: Corpus): Promise<void> {
  await bringOne(theirs, corpus);
  const offered = byClass(corpus).map((tasks) => tasks.filter((task) => theirs.offers(task)));
  for (const peer of [ours, theirs]) await warmUp(peer, offered, SHORT_MS);
  const comparisons: Comparison[] = [];
  for (const className of classesOf(corpus.tasks)) {
    const all = corpus.tasks.filter((task) => task.class === className && theirs.offers(task));
    const tasks = all.slice(0, size.slowPeerTasks);
    if (tasks.length === 0) continue;
    const how = { tasks, mode: 'top10', rounds: 3, passes: 2, budgetMs: size.slowPeerBudgetMs } as const;
    comparisons.push(...(await raced(ours, theirs, { name: `${corpus.name}/${className}/top10/one`, ...how })));
  }
  const { peer, version, access } = theirs.hello;
  printComparisons(`${corpus.name}, ${corpus.docCount} documents, against ${peer} ${version} (${access})`, comparisons);
}
