/** Generated documents: about 60 tokens each, with the fields of the real ones, from one seed. */
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { Seeded } from '../../../test/support/seeded.ts';
import { anyRank, nextRank, wordAt } from './generated-words.ts';
import type { CorpusDocument } from './protocol.ts';

const SEED = 20_260_301;
const BATCH = 1_000;
const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(1995, 0, 1);
const DAYS = 9_000;

/** Writes documents as JSON Lines. */
export function writeGeneratedCorpus(path: string, docCount: number): void {
  const chance = new Seeded(SEED);
  const unfinished = `${path}.part`;
  const file = openSync(unfinished, 'w');
  for (let begin = 0; begin < docCount; begin += BATCH) {
    const count = Math.min(BATCH, docCount - begin);
    const lines = chance.list(count, () => `${JSON.stringify(nextDocument(chance))}\n`);
    writeSync(file, lines.map((line, i) => line.replace('"id":""', `"id":"g${begin + i}"`)).join(''));
  }
  closeSync(file);
  renameSync(unfinished, path);
}

function nextDocument(chance: Seeded): CorpusDocument {
  const categories = chance.list(1 + chance.below(3), () => categoryAt(Math.floor(20 ** chance.next()) - 1));
  return {
    id: '',
    title: sentence(3 + chance.below(6), chance),
    text: textOf(lengthOf(chance), chance),
    primary: categories[0] ?? '',
    categories: [...new Set(categories)],
    num_authors: Math.floor(12 ** chance.next()),
    created: new Date(FIRST_DAY_MS + chance.below(DAYS) * DAY_MS).toISOString().slice(0, 10),
  };
}

/** One of 20 categories; the first is the commonest. */
export function categoryAt(index: number): string {
  return `cat.${wordAt(index)}`;
}

/** Lengths as those of real texts: their logarithms are spread as by chance (Box and Muller's normal numbers). */
function lengthOf(chance: Seeded): number {
  const normal = Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());
  return Math.max(5, Math.min(600, Math.round(Math.exp(3.86 + 0.5 * normal))));
}

function textOf(length: number, chance: Seeded): string {
  const sentences: string[] = [];
  for (let left = length; left > 0; ) {
    const count = Math.min(left, 6 + chance.below(14));
    sentences.push(`${sentence(count, chance)}.`);
    left -= count;
  }
  return sentences.join(' ');
}

function sentence(length: number, chance: Seeded): string {
  let rank = anyRank(chance);
  let text = capitalized(wordAt(rank));
  for (let i = 1; i < length; i++) {
    rank = nextRank(rank, chance);
    text += `${chance.chance(0.08) ? ',' : ''} ${wordAt(rank)}`;
  }
  return text;
}

function capitalized(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
