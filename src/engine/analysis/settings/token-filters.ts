/** The token filters by their types. */
import { foldToAscii } from '../chain/ascii-folding.ts';
import { edgeNgramFilter, type GramLengths, ngramFilter, shingleFilter } from '../chain/gram-filters.ts';
import { preservingFilter } from '../chain/preserving-filter.ts';
import { synonymFilter } from '../chain/synonym-filter.ts';
import { compileSynonyms } from '../chain/synonyms.ts';
import {
  apostropheFilter,
  decimalDigitFilter,
  elisionFilter,
  keepFilter,
  lengthFilter,
  lowerCaseFilter,
  patternReplaceFilter,
  reverseFilter,
  stemFilter,
  stopFilter,
  trimFilter,
  truncateFilter,
  upperCaseFilter,
} from '../chain/term-filters.ts';
import { type TokenFilter, termFilter } from '../chain/token-stage.ts';
import { limitFilter, uniqueFilter } from '../chain/unique-filter.ts';
import { wordDelimiterFilter } from '../chain/word-delimiter.ts';
import { stemEnglish } from '../language/english.ts';
import { normalizeGerman } from '../language/german.ts';
import { ENGLISH_STOP_WORDS } from '../language/stop-words.ts';
import { checkReplacement } from '../pattern/replace.ts';
import { type ChainSoFar, type Kind, type Kinds, plain } from './component.ts';
import { ANALYSIS_LIMITS, type OptionReader, settingsError } from './option-reader.ts';
import { readPattern } from './read-pattern.ts';
import { keywordMarker, snowballFilter, stemmerFilter, stemOverride } from './stem-filters.ts';
import { checkDifference } from './tokenizers.ts';
import { readWords } from './word-sets.ts';

const DELIMITER_KEYS = [
  'generate_word_parts',
  'generate_number_parts',
  'catenate_words',
  'catenate_numbers',
  'catenate_all',
  'split_on_case_change',
  'split_on_numerics',
  'stem_english_possessive',
  'preserve_original',
  'protected_words',
  'adjust_offsets',
  'ignore_keywords',
];
const SYNONYM_KEYS = ['synonyms', 'expand', 'lenient', 'format', 'updateable'];
const GRAM_KEYS = ['min_gram', 'max_gram', 'preserve_original'];

/** Every token filter. */
export const TOKEN_FILTERS: Kinds<TokenFilter> = new Map<string, Kind<TokenFilter>>([
  ['lowercase', plain(lowerCaseFilter)],
  ['uppercase', plain(upperCaseFilter)],
  ['trim', plain(trimFilter)],
  ['reverse', plain(reverseFilter)],
  ['apostrophe', plain(apostropheFilter)],
  ['decimal_digit', plain(decimalDigitFilter)],
  ['porter_stem', plain(stemFilter(stemEnglish))],
  ['german_normalization', plain(termFilter(normalizeGerman, { isNormalizing: true }))],
  ['flatten_graph', plain(termFilter((term) => term))],
  ['remove_duplicates', plain(uniqueFilter(true))],
  ['asciifolding', { keys: ['preserve_original'], make: asciiFolding }],
  ['stop', { keys: ['stopwords', 'ignore_case', 'remove_trailing'], make: stop }],
  ['keep', { keys: ['keep_words', 'keep_words_case'], make: keep }],
  ['stemmer', { keys: ['language', 'name'], make: stemmerFilter }],
  ['snowball', { keys: ['language'], make: snowballFilter }],
  ['stemmer_override', { keys: ['rules'], make: stemOverride }],
  ['keyword_marker', { keys: ['keywords', 'keywords_pattern', 'ignore_case'], make: keywordMarker }],
  ['elision', { keys: ['articles', 'articles_case'], make: elision }],
  ['length', { keys: ['min', 'max'], make: length }],
  ['limit', { keys: ['max_token_count', 'consume_all_tokens'], make: limit }],
  ['truncate', { keys: ['length'], make: truncate }],
  ['unique', { keys: ['only_on_same_position'], make: unique }],
  ['ngram', { keys: GRAM_KEYS, make: ngram }],
  ['edge_ngram', { keys: [...GRAM_KEYS, 'side'], make: edgeNgram }],
  [
    'shingle',
    {
      keys: [
        'min_shingle_size',
        'max_shingle_size',
        'output_unigrams',
        'output_unigrams_if_no_shingles',
        'token_separator',
        'filler_token',
      ],
      make: shingle,
    },
  ],
  ['synonym', { keys: SYNONYM_KEYS, make: synonym }],
  ['synonym_graph', { keys: SYNONYM_KEYS, make: synonym }],
  ['word_delimiter', { keys: DELIMITER_KEYS, make: wordDelimiter }],
  ['word_delimiter_graph', { keys: DELIMITER_KEYS, make: wordDelimiter }],
  ['pattern_replace', { keys: ['pattern', 'replacement', 'all', 'flags'], make: patternReplace }],
]);

/** Token filters that are not there yet. */
export const LATER_TOKEN_FILTERS = [
  'arabic_normalization',
  'cjk_bigram',
  'cjk_width',
  'classic',
  'common_grams',
  'condition',
  'delimited_payload',
  'dictionary_decompounder',
  'fingerprint',
  'hunspell',
  'hyphenation_decompounder',
  'icu_folding',
  'indic_normalization',
  'keep_types',
  'keyword_repeat',
  'kstem',
  'min_hash',
  'multiplexer',
  'pattern_capture',
  'persian_normalization',
  'phonetic',
  'predicate_token_filter',
  'scandinavian_folding',
  'scandinavian_normalization',
  'serbian_normalization',
  'sorani_normalization',
];

function asciiFolding(options: OptionReader): TokenFilter {
  return options.boolean('preserve_original', false)
    ? preservingFilter(foldToAscii)
    : termFilter(foldToAscii, { isNormalizing: true });
}

function stop(options: OptionReader): TokenFilter {
  if (!options.boolean('remove_trailing', true))
    throw settingsError(`${options.what}: [remove_trailing] false is not supported by this version`);
  const ignoresCase = options.boolean('ignore_case', false);
  return stopFilter(readWords(options, 'stopwords', { ignoresCase }) ?? ENGLISH_STOP_WORDS, ignoresCase);
}

function keep(options: OptionReader): TokenFilter {
  const ignoresCase = options.boolean('keep_words_case', false);
  const words = readWords(options, 'keep_words', { ignoresCase });
  if (words === undefined) throw settingsError(`${options.what}: [keep_words] is missing`);
  return keepFilter(words, ignoresCase);
}

function elision(options: OptionReader): TokenFilter {
  const ignoresCase = options.boolean('articles_case', !options.has('articles'));
  const articles = readWords(options, 'articles', { ignoresCase });
  return articles === undefined ? elisionFilter() : elisionFilter(articles, ignoresCase);
}

function length(options: OptionReader): TokenFilter {
  const min = options.integer('min', 0, { min: 0, max: 32_766 });
  return lengthFilter(min, options.integer('max', 2 ** 31 - 1, { min, max: 2 ** 31 - 1 }));
}

function limit(options: OptionReader): TokenFilter {
  options.boolean('consume_all_tokens', false);
  return limitFilter(options.integer('max_token_count', 1, { min: 1, max: 1_000_000 }));
}

function truncate(options: OptionReader): TokenFilter {
  return truncateFilter(options.integer('length', 10, { min: 1, max: 32_766 }));
}

function unique(options: OptionReader): TokenFilter {
  return uniqueFilter(options.boolean('only_on_same_position', false));
}

function gramLengths(options: OptionReader): GramLengths {
  const min = options.integer('min_gram', 1, { min: 1, max: ANALYSIS_LIMITS.gram });
  return { min, max: options.integer('max_gram', Math.max(2, min), { min, max: ANALYSIS_LIMITS.gram }) };
}

function ngram(options: OptionReader): TokenFilter {
  const lengths = gramLengths(options);
  checkDifference(options.what, lengths.min, lengths.max);
  return ngramFilter(lengths, options.boolean('preserve_original', false));
}

function edgeNgram(options: OptionReader): TokenFilter {
  return edgeNgramFilter(gramLengths(options), {
    preservesOriginal: options.boolean('preserve_original', false),
    fromEnd: options.word('side', 'front', ['front', 'back']) === 'back',
  });
}

function shingle(options: OptionReader): TokenFilter {
  const min = options.integer('min_shingle_size', 2, { min: 2, max: ANALYSIS_LIMITS.shingle });
  return shingleFilter({
    min,
    max: options.integer('max_shingle_size', Math.max(2, min), { min, max: ANALYSIS_LIMITS.shingle }),
    separator: options.text('token_separator', ' '),
    filler: options.text('filler_token', '_'),
    outputsUnigrams: options.boolean('output_unigrams', true),
    outputsUnigramsIfNone: options.boolean('output_unigrams_if_no_shingles', false),
  });
}

function synonym(options: OptionReader, before: ChainSoFar): TokenFilter {
  options.word('format', 'solr', ['solr']);
  options.boolean('updateable', false);
  const rules = options.list('synonyms');
  if (rules === undefined) throw settingsError(`${options.what}: [synonyms] is missing, it must be a list of rules`);
  const map = compileSynonyms(rules, before.termsOf, {
    expand: options.boolean('expand', true),
    lenient: options.boolean('lenient', false),
    what: options.what,
  });
  return synonymFilter(map);
}

function wordDelimiter(options: OptionReader): TokenFilter {
  options.boolean('adjust_offsets', true);
  options.boolean('ignore_keywords', false);
  return wordDelimiterFilter({
    generateWordParts: options.boolean('generate_word_parts', true),
    generateNumberParts: options.boolean('generate_number_parts', true),
    catenateWords: options.boolean('catenate_words', false),
    catenateNumbers: options.boolean('catenate_numbers', false),
    catenateAll: options.boolean('catenate_all', false),
    splitOnCaseChange: options.boolean('split_on_case_change', true),
    splitOnNumerics: options.boolean('split_on_numerics', true),
    stemEnglishPossessive: options.boolean('stem_english_possessive', true),
    preserveOriginal: options.boolean('preserve_original', false),
    protectedWords: readWords(options, 'protected_words') ?? new Set(),
  });
}

function patternReplace(options: OptionReader): TokenFilter {
  const pattern = readPattern(options, 'pattern');
  const replacement = options.text('replacement', '');
  checkReplacement(replacement, pattern, options.what);
  return patternReplaceFilter(pattern, replacement, options.boolean('all', true));
}
