/** The tokenizers by their types. */
import { gramTokenizer } from '../chain/gram-tokenizers.ts';
import { pathTokenizer, splitAt, splitAtCharacters, takeGroup } from '../chain/splitting-tokenizers.ts';
import type { TextCutter } from '../chain/token-stage.ts';
import { cutAtSpaces, cutLetters, cutLowerCaseLetters, cutNothing, standardCutter } from '../chain/tokenizers.ts';
import type { Pattern } from '../pattern/pattern.ts';
import { MAX_TOKEN_LENGTH } from '../tokenizer.ts';
import { type Kind, type Kinds, plain } from './component.ts';
import { ANALYSIS_LIMITS, type OptionReader, settingsError, suggestion } from './option-reader.ts';
import { readPattern } from './read-pattern.ts';

/** Kinds of characters, as `token_chars` and `tokenize_on_chars` name them. */
const CHARACTER_KINDS: ReadonlyMap<string, RegExp> = new Map([
  ['letter', /^\p{L}/u],
  ['digit', /^\p{Nd}/u],
  ['whitespace', /^[\s\u001c-\u001f]/u],
  ['punctuation', /^\p{P}/u],
  ['symbol', /^\p{S}/u],
]);
const GRAM_KEYS = ['min_gram', 'max_gram', 'token_chars', 'custom_token_chars'];

/** Every tokenizer. */
export const TOKENIZERS: Kinds<TextCutter> = new Map<string, Kind<TextCutter>>([
  ['standard', { keys: ['max_token_length'], make: standard }],
  ['letter', plain(cutLetters)],
  ['lowercase', plain(cutLowerCaseLetters)],
  ['whitespace', plain(cutAtSpaces)],
  ['keyword', { keys: ['buffer_size'], make: () => cutNothing }],
  ['ngram', { keys: GRAM_KEYS, make: (options) => grams(options, false) }],
  ['edge_ngram', { keys: GRAM_KEYS, make: (options) => grams(options, true) }],
  ['pattern', { keys: ['pattern', 'flags', 'group'], make: patternTokenizer }],
  ['simple_pattern', { keys: ['pattern'], make: (options) => takeGroup(patternOf(options), 0) }],
  ['simple_pattern_split', { keys: ['pattern'], make: (options) => splitAt(patternOf(options)) }],
  ['char_group', { keys: ['tokenize_on_chars', 'max_token_length'], make: characterGroups }],
  ['path_hierarchy', { keys: ['delimiter', 'replacement', 'buffer_size', 'reverse', 'skip'], make: paths }],
]);

/** Tokenizers that are not there yet. */
export const LATER_TOKENIZERS = [
  'uax_url_email',
  'classic',
  'thai',
  'icu_tokenizer',
  'nori_tokenizer',
  'kuromoji_tokenizer',
];

function standard(options: OptionReader): TextCutter {
  return standardCutter(options.integer('max_token_length', MAX_TOKEN_LENGTH, { min: 1, max: MAX_TOKEN_LENGTH }));
}

function patternOf(options: OptionReader): Pattern {
  return readPattern(options, 'pattern');
}

function patternTokenizer(options: OptionReader): TextCutter {
  const pattern = readPattern(options, 'pattern', { otherwise: '\\W+' });
  const group = options.integer('group', -1, { min: -1, max: pattern.lastGroup });
  return group < 0 ? splitAt(pattern) : takeGroup(pattern, group);
}

function grams(options: OptionReader, onlyEdges: boolean): TextCutter {
  const min = options.integer('min_gram', 1, { min: 1, max: ANALYSIS_LIMITS.gram });
  const max = options.integer('max_gram', Math.max(2, min), { min, max: ANALYSIS_LIMITS.gram });
  if (!onlyEdges) checkDifference(options.what, min, max);
  const kinds = options.list('token_chars') ?? [];
  if (kinds.length === 0) return gramTokenizer({ min, max, onlyEdges });
  const custom = new Set(options.text('custom_token_chars', ''));
  const tests = kinds.map((kind) => (kind === 'custom' ? custom : characterKind(options.what, kind)));
  const isWordPart = (character: string): boolean =>
    tests.some((test) => (test instanceof RegExp ? test.test(character) : test.has(character)));
  return gramTokenizer({ min, max, isWordPart, onlyEdges });
}

/** @throws CoppiceError `BAD_REQUEST` if pieces of too many lengths would start at each place. */
export function checkDifference(what: string, min: number, max: number): void {
  if (max - min > ANALYSIS_LIMITS.gramDifference)
    throw settingsError(
      `${what}: the difference between [max_gram] and [min_gram] is ${max - min}, at most ${ANALYSIS_LIMITS.gramDifference} is allowed`,
    );
}

function characterGroups(options: OptionReader): TextCutter {
  const elements = (options.list('tokenize_on_chars') ?? []).map((element) =>
    element === '\\n' ? '\n' : element === '\\t' ? '\t' : element,
  );
  const characters = new Set(elements.filter((element) => Array.from(element).length === 1));
  const kinds = elements
    .filter((element) => Array.from(element).length !== 1)
    .map((kind) => characterKind(options.what, kind));
  const maxLength = options.integer('max_token_length', 255, { min: 1, max: 32_766 });
  return splitAtCharacters(
    (character) => characters.has(character) || kinds.some((kind) => kind.test(character)),
    maxLength,
  );
}

function paths(options: OptionReader): TextCutter {
  const delimiter = options.text('delimiter', '/', { min: 1 });
  return pathTokenizer({
    delimiter,
    replacement: options.text('replacement', delimiter),
    skip: options.integer('skip', 0, { min: 0, max: 1000 }),
    reverse: options.boolean('reverse', false),
  });
}

function characterKind(what: string, name: string): RegExp {
  const kind = CHARACTER_KINDS.get(name);
  if (kind !== undefined) return kind;
  const known = [...CHARACTER_KINDS.keys(), 'custom'];
  throw settingsError(
    `${what}: [${name}] is no kind of character, known are [${known.join(', ')}]${suggestion(name, known)}`,
  );
}
