/**
 * Collections with judged queries: CACM and Cranfield under English analysis, and arXiv titles that are to find their own
 * abstract. What they are expected to reach is written here once, for the bench and for the test.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createEngine, type Engine } from '../../../src/engine/index.ts';
import { type Judgments, type Measures, measure } from './ir-measures.ts';

/** A run over a collection, and the measures that a plain BM25 with exact lengths reaches. */
export type RelevanceRun = {
  readonly name: string;
  /** Folder of the corpus, queries and judgments within the folder of data. */
  readonly collection: 'cacm' | 'cranfield' | 'arxiv';
  readonly analyzer: 'english' | 'standard';
  /** Fields of the documents that are indexed as one. */
  readonly fields: readonly ('title' | 'text' | 'raw')[];
  readonly k1: number;
  readonly b: number;
  readonly expected: Partial<Omit<Measures, 'queries'>>;
};

/** How far a measure may be from what is expected. */
const TOLERANCE = 0.002;

const SHORT = { k1: 0.9, b: 0.4 } as const;
const USUAL = { k1: 1.2, b: 0.75 } as const;
const CACM = { collection: 'cacm', analyzer: 'english' } as const;
const CRANFIELD = { collection: 'cranfield', analyzer: 'english', fields: ['title', 'text'] } as const;

export const RUNS: readonly RelevanceRun[] = [
  { name: 'CACM raw', ...CACM, fields: ['raw'], ...SHORT, expected: { map: 0.3241, p30: 0.1981 } },
  { name: 'CACM title + text', ...CACM, fields: ['title', 'text'], ...SHORT, expected: { map: 0.3262 } },
  { name: 'CACM title + text', ...CACM, fields: ['title', 'text'], ...USUAL, expected: { map: 0.3289 } },
  { name: 'Cranfield', ...CRANFIELD, ...SHORT, expected: { ndcg10: 0.3656, map: 0.2883 } },
  { name: 'Cranfield', ...CRANFIELD, ...USUAL, expected: { ndcg10: 0.3823, map: 0.3049 } },
  {
    name: 'arXiv known items',
    collection: 'arxiv',
    analyzer: 'english',
    fields: ['text'],
    ...USUAL,
    expected: { mrr: 0.8723 },
  },
];

const DEPTH = 1_000;
const KNOWN_ITEM_DEPTH = 100;

type Document = { readonly id: string; readonly title?: string; readonly text?: string; readonly raw?: string };
type JudgedQuery = { readonly id: string; readonly text: string };

/** Whether a measure is what was expected; of known items it is enough to be found as early. */
export function isReached(measure: keyof Measures, reached: number, expected: number): boolean {
  if (measure === 'mrr' && reached > expected) return true;
  return Math.abs(reached - expected) <= TOLERANCE;
}

/** The measures of a run, or undefined where its files are not in the folder. */
export function measureRun(run: RelevanceRun, dataFolder: string): Measures | undefined {
  const files = filesOf(run, dataFolder);
  if (!Object.values(files).every(existsSync)) return undefined;
  const engine = createEngine({ schema: { body: { type: 'text', analyzer: run.analyzer } }, k1: run.k1, b: run.b });
  indexInto(engine, run, files.corpus);
  const limit = run.collection === 'arxiv' ? KNOWN_ITEM_DEPTH : DEPTH;
  const queries = linesOf(files.queries).map((line): JudgedQuery => JSON.parse(line));
  const rankings = new Map(queries.map(({ id, text }) => [id, search(engine, text, limit)]));
  engine.close();
  return measure(rankings, readJudgments(files.judgments));
}

function filesOf({ collection }: RelevanceRun, folder: string): Record<'corpus' | 'queries' | 'judgments', string> {
  if (collection === 'arxiv') {
    return {
      corpus: join(folder, 'arxiv', 'arxiv-00.jsonl.br'),
      queries: join(folder, 'queries', 'arxiv-known-item.jsonl'),
      judgments: join(folder, 'queries', 'arxiv-known-item.qrels.tsv'),
    };
  }
  const home = join(folder, 'relevance', collection);
  return {
    corpus: join(home, 'corpus.jsonl.gz'),
    queries: join(home, 'queries.jsonl'),
    judgments: join(home, 'qrels.tsv'),
  };
}

/** The fields become one value, since a gap between values is no matter to scores. */
function indexInto(engine: Engine, { fields }: RelevanceRun, corpus: string): void {
  let position = 0;
  for (const line of linesOf(corpus)) {
    const document: Document = JSON.parse(line);
    const body = fields.map((field) => document[field] ?? '').join(' ');
    position++;
    engine.put({
      id: document.id,
      source: {},
      fields: { body: [body] },
      version: 1,
      seqNo: position,
      primaryTerm: 1,
      position,
    });
  }
}

function search(engine: Engine, text: string, limit: number): string[] {
  const { ordinals } = engine.search({ query: { kind: 'match', field: 'body', text }, limit });
  return Array.from(ordinals, (ordinal) => engine.documentAt(ordinal).id);
}

function readJudgments(path: string): Judgments {
  const judgments = new Map<string, Map<string, number>>();
  for (const line of linesOf(path).slice(1)) {
    const [query = '', id = '', grade = '0'] = line.split('\t');
    const grades = judgments.get(query) ?? new Map<string, number>();
    judgments.set(query, grades.set(id, Number(grade)));
  }
  return judgments;
}

function linesOf(path: string): string[] {
  return unpacked(path)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function unpacked(path: string): Buffer {
  const bytes = readFileSync(path);
  if (path.endsWith('.br')) return brotliDecompressSync(bytes);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
