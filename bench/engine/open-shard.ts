/**
 * Time to open a shard of a gigabyte on disk whose files the system has in its cache: until it is open, and until a first
 * search is answered. Each opening is a process of its own. Lucene maps its files and reads what a search needs; the
 * engine reads what searches need as a whole and checks it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeGeneratedCorpus } from '../support/engine/generated-corpus.ts';
import type { Peer } from '../support/engine/peer.ts';
import { startCoppice, startPeer } from '../support/engine/peers.ts';
import type { OpenReport } from '../support/engine/protocol.ts';
import { type Comparison, printComparisons } from '../support/engine/report.ts';
import { say, size, workFolder } from '../support/engine/settings.ts';
import { median } from '../support/figures.ts';

/** A generated document takes more in either index. */
const LEAST_BYTES_PER_DOC = 450;
const OPENINGS = 5;

type Opened = { readonly openMs: number; readonly firstMs: number; readonly bytes: number };

const docCount = Math.ceil(size.shardBytes / LEAST_BYTES_PER_DOC);
const corpus = join(workFolder('corpora'), `generated-${docCount}.jsonl`);
if (!existsSync(corpus)) writeGeneratedCorpus(corpus, docCount);
const ours = await measured(async () => startCoppice());
const theirs = await measured(async () => startPeer('lucene'));
if (ours !== undefined && theirs !== undefined) {
  printComparisons(`a shard of ${docCount} generated documents`, [
    compared('open-shard', ({ openMs }) => openMs),
    compared('open-shard-first-search', ({ firstMs }) => firstMs),
  ]);
}

function compared(name: string, of: (opened: Opened) => number): Comparison {
  if (ours === undefined || theirs === undefined) throw new Error('nothing to compare');
  const [mine, other] = [of(ours), of(theirs)];
  const figures = { 'our ms': mine, 'their ms': other, 'our bytes': ours.bytes, 'their bytes': theirs.bytes };
  return { class: name, peer: 'lucene', ratio: other / mine, figures };
}

async function measured(start: () => Promise<Peer | undefined>): Promise<Opened | undefined> {
  const writer = await start();
  if (writer === undefined) return undefined;
  const folder = workFolder('indexes', `${writer.name}-large`);
  const { bytes, segments } = await writer.index({ corpus, folder, count: docCount });
  await writer.close();
  say(`${writer.name}: ${bytes} bytes in ${segments} segments`);
  const openings: OpenReport[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    const reader = await start();
    if (reader === undefined) return undefined;
    openings.push(await reader.open(folder));
    await reader.close();
  }
  return {
    openMs: median(openings.map(({ wallMs }) => wallMs)),
    firstMs: median(openings.map(({ firstMs }) => firstMs)),
    bytes,
  };
}
