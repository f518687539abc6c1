/** The analyzers that are built in: what they are made of, and which settings they take when an index makes its own. */
import type { ChainParts } from '../chain/chain-analyzer.ts';
import { splitAt } from '../chain/splitting-tokenizers.ts';
import {
  elisionFilter,
  lowerCaseFilter,
  markFilter,
  possessiveFilter,
  stemFilter,
  stopFilter,
} from '../chain/term-filters.ts';
import { type TextCutter, type TokenFilter, termFilter } from '../chain/token-stage.ts';
import { cutAtSpaces, cutLetters, cutNothing, cutStandard, standardCutter } from '../chain/tokenizers.ts';
import { ELIDED_ARTICLES } from '../language/elision.ts';
import { normalizeGerman } from '../language/german.ts';
import { type StemmedLanguage, stemmerOf } from '../language/stemmers.ts';
import { ENGLISH_STOP_WORDS, isStopLanguage, type StopLanguage, stopWordsOf } from '../language/stop-words.ts';
import { MAX_TOKEN_LENGTH } from '../tokenizer.ts';
import type { Kind, Kinds } from './component.ts';
import type { OptionReader } from './option-reader.ts';
import { readPattern } from './read-pattern.ts';
import { readWords } from './word-sets.ts';

/** What the analyzer of a language does beside lower case, stop words and Snowball's stemming. */
type LanguageTraits = {
  /** Before lower case. */
  readonly first?: TokenFilter;
  /** Between stop words and stemming. */
  readonly fold?: TokenFilter;
  /** Words whose stem Snowball gets wrong. */
  readonly stems?: ReadonlyMap<string, string>;
};

const STANDARD_KEYS = ['max_token_length', 'stopwords'];

/** The exceptions of Lucene's DutchAnalyzer. */
const DUTCH_STEMS: ReadonlyMap<string, string> = new Map([
  ['fiets', 'fiets'],
  ['bromfiets', 'bromfiets'],
  ['ei', 'eier'],
  ['kind', 'kinder'],
]);

/** The languages, each with what Lucene's analyzer of that name does; `docs/analysis.md` tells the differences. */
const LANGUAGES = {
  armenian: {},
  danish: {},
  dutch: { stems: DUTCH_STEMS },
  english: { first: possessiveFilter },
  finnish: {},
  french: { first: elisionFilter(ELIDED_ARTICLES.french) },
  german: { fold: termFilter(normalizeGerman, { isNormalizing: true }) },
  hungarian: {},
  italian: { first: elisionFilter(ELIDED_ARTICLES.italian) },
  lithuanian: {},
  norwegian: {},
  portuguese: {},
  romanian: {},
  russian: {},
  spanish: {},
  swedish: {},
} as const satisfies Partial<Record<StemmedLanguage & StopLanguage, LanguageTraits>>;

/** Every analyzer but `custom`. */
export const ANALYZER_TYPES: Kinds<ChainParts> = new Map<string, Kind<ChainParts>>([
  ['standard', { keys: STANDARD_KEYS, make: standard }],
  ['simple', { keys: [], make: () => chain(cutLetters, [lowerCaseFilter]) }],
  ['whitespace', { keys: [], make: () => chain(cutAtSpaces, []) }],
  ['keyword', { keys: [], make: () => chain(cutNothing, []) }],
  ['stop', { keys: ['stopwords'], make: stop }],
  ['pattern', { keys: ['pattern', 'flags', 'lowercase', 'stopwords'], make: pattern }],
  ...languages().map((name): [string, Kind<ChainParts>] => [
    name,
    { keys: ['stopwords', 'stem_exclusion'], make: (options) => language(name, options) },
  ]),
]);

/** Analyzers that are not there yet. */
export const LATER_ANALYZERS = [
  'arabic',
  'basque',
  'bengali',
  'brazilian',
  'bulgarian',
  'catalan',
  'cjk',
  'czech',
  'estonian',
  'fingerprint',
  'galician',
  'greek',
  'hindi',
  'indonesian',
  'irish',
  'latvian',
  'persian',
  'serbian',
  'snowball',
  'sorani',
  'thai',
  'turkish',
];

function chain(tokenizer: TextCutter, filters: readonly TokenFilter[]): ChainParts {
  return { charFilters: [], tokenizer, filters };
}

function standard(options: OptionReader): ChainParts {
  const maxLength = options.integer('max_token_length', MAX_TOKEN_LENGTH, { min: 1, max: MAX_TOKEN_LENGTH });
  const words = readWords(options, 'stopwords') ?? new Set<string>();
  const tokenizer = maxLength === MAX_TOKEN_LENGTH ? cutStandard : standardCutter(maxLength);
  return chain(tokenizer, [lowerCaseFilter, ...(words.size === 0 ? [] : [stopFilter(words, false)])]);
}

function stop(options: OptionReader): ChainParts {
  const words = readWords(options, 'stopwords') ?? ENGLISH_STOP_WORDS;
  return chain(cutLetters, [lowerCaseFilter, stopFilter(words, false)]);
}

function pattern(options: OptionReader): ChainParts {
  const words = readWords(options, 'stopwords') ?? new Set<string>();
  const lowers = options.boolean('lowercase', true);
  return chain(splitAt(readPattern(options, 'pattern', { otherwise: '\\W+' })), [
    ...(lowers ? [lowerCaseFilter] : []),
    ...(words.size === 0 ? [] : [stopFilter(words, false)]),
  ]);
}

function languages(): (keyof typeof LANGUAGES)[] {
  return Object.keys(LANGUAGES).filter(isAnalyzed);
}

function isAnalyzed(name: string): name is keyof typeof LANGUAGES {
  return isStopLanguage(name) && Object.hasOwn(LANGUAGES, name);
}

function language(name: keyof typeof LANGUAGES, options: OptionReader): ChainParts {
  const { first, fold, stems }: LanguageTraits = LANGUAGES[name];
  const excluded = readWords(options, 'stem_exclusion') ?? new Set<string>();
  const stem = stemmerOf(name);
  return chain(cutStandard, [
    ...(first === undefined ? [] : [first]),
    lowerCaseFilter,
    stopFilter(readWords(options, 'stopwords') ?? stopWordsOf(name), false),
    ...(excluded.size === 0 ? [] : [markFilter((term) => excluded.has(term))]),
    ...(fold === undefined ? [] : [fold]),
    stemFilter(stems === undefined ? stem : (word) => stems.get(word) ?? stem(word)),
  ]);
}
