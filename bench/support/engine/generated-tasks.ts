/** Tasks for generated documents, in the classes of those for real ones, from one seed. */
import { Seeded } from '../../../test/support/seeded.ts';
import { categoryAt } from './generated-corpus.ts';
import { followerOf, VOCABULARY, wordAt } from './generated-words.ts';
import type { Task } from './protocol.ts';

const SEED = 7;
/** Tokens of a text, and the natural logarithm of the vocabulary: a word of rank r is one of r × ln V tokens. */
const TOKENS_PER_DOC = 54;
const LN_VOCABULARY = Math.log(VOCABULARY);

type Ranks = readonly [least: number, most: number];
/** Ranks of words that about these shares of the documents have. */
const HIGH: Ranks = [10, 150];
const MEDIUM = ranksOfShares(0.02, 0.002);
const LOW = ranksOfShares(0.0004, 0.00004);

/** Tasks of all classes, `count` of each. */
export function generatedTasks(count: number): Task[] {
  const chance = new Seeded(SEED);
  const rankIn = ([least, most]: Ranks): number => least + chance.below(most - least);
  const word = (ranks: Ranks): string => wordAt(rankIn(ranks));
  const words = (...ranks: readonly Ranks[]): string => ranks.map(word).join(' ');
  const phrase = (ranks: Ranks): string => {
    const rank = rankIn(ranks);
    return `${wordAt(rank)} ${wordAt(followerOf(rank, chance.below(4)))}`;
  };
  const prefix = (): string => word(MEDIUM).slice(0, 5);
  const yearMs = (): number => Date.UTC(1996 + chance.below(22), 0, 1);
  const makers: Readonly<Record<string, () => Omit<Task, 'class'>>> = {
    HighTerm: () => ({ kind: 'or', text: word(HIGH) }),
    MedTerm: () => ({ kind: 'or', text: word(MEDIUM) }),
    LowTerm: () => ({ kind: 'or', text: word(LOW) }),
    AndHighHigh: () => ({ kind: 'and', text: words(HIGH, HIGH) }),
    AndHighMed: () => ({ kind: 'and', text: words(HIGH, MEDIUM) }),
    AndHighLow: () => ({ kind: 'and', text: words(HIGH, LOW) }),
    OrHighHigh: () => ({ kind: 'or', text: words(HIGH, HIGH) }),
    OrHighMed: () => ({ kind: 'or', text: words(HIGH, MEDIUM) }),
    OrHighLow: () => ({ kind: 'or', text: words(HIGH, LOW) }),
    OrMany: () => ({ kind: 'or', text: words(HIGH, HIGH, MEDIUM, MEDIUM, LOW) }),
    HighPhrase: () => ({ kind: 'phrase', text: phrase([10, 100]) }),
    MedPhrase: () => ({ kind: 'phrase', text: phrase([200, 2_000]) }),
    LowPhrase: () => ({ kind: 'phrase', text: phrase([5_000, 20_000]) }),
    Prefix: () => ({ kind: 'prefix', text: prefix() }),
    Fuzzy1: () => ({ kind: 'fuzzy', text: misspelt(word(MEDIUM), chance), edits: 1 }),
    DateRange: () => {
      const gte = yearMs();
      return { kind: 'all', text: '', filter: { field: 'created', gte, lt: gte + 365 * 86_400_000 } };
    },
  };
  return Object.entries(makers).flatMap(([name, make]) => chance.list(count, () => ({ class: name, ...make() })));
}

/** Categories that filters ask for, the commonest first. */
export const GENERATED_CATEGORIES = Array.from({ length: 10 }, (_, i) => categoryAt(i));

/** The word with two neighbours swapped, or a letter replaced. */
function misspelt(word: string, chance: Seeded): string {
  const at = 1 + chance.below(word.length - 2);
  if (chance.chance(0.5)) return `${word.slice(0, at)}q${word.slice(at + 1)}`;
  return `${word.slice(0, at)}${word.charAt(at + 1)}${word.charAt(at)}${word.slice(at + 2)}`;
}

function ranksOfShares(most: number, least: number): Ranks {
  const rankOf = (share: number): number => Math.round(TOKENS_PER_DOC / (share * LN_VOCABULARY));
  return [rankOf(most), Math.min(VOCABULARY - 1, rankOf(least))];
}
