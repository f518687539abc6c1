/** Puts analyzers together of what an index's settings define and of what is built in. */
import type { AnalysisSettings } from '../analyzer.ts';
import { type ChainParts, runChain } from '../chain/chain-analyzer.ts';
import type { CharFilter } from '../chain/char-filter.ts';
import type { TextCutter, TokenFilter } from '../chain/token-stage.ts';
import { cutNothing } from '../chain/tokenizers.ts';
import { ANALYZER_TYPES, LATER_ANALYZERS } from './analyzer-types.ts';
import { CHAR_FILTERS, LATER_CHAR_FILTERS } from './char-filters.ts';
import { type ChainSoFar, type Kinds, makeComponent } from './component.ts';
import { ANALYSIS_LIMITS, isOptions, OptionReader, type Options, settingsError, suggestion } from './option-reader.ts';
import { LATER_TOKEN_FILTERS, TOKEN_FILTERS } from './token-filters.ts';
import { LATER_TOKENIZERS, TOKENIZERS } from './tokenizers.ts';

/** A part of a chain: its name, or where that is allowed its definition. */
export type PartReference = unknown;

/** A chain as `_analyze` and `custom` analyzers define it. */
export type ChainDefinition = {
  readonly tokenizer: PartReference;
  readonly filter?: readonly PartReference[];
  readonly char_filter?: readonly PartReference[];
};

type Library<T> = { readonly what: string; readonly kinds: Kinds<T>; readonly later: readonly string[] };

const NOTHING_BEFORE: ChainSoFar = { termsOf: (text) => [text] };
const TOKENIZER_LIBRARY: Library<TextCutter> = { what: 'tokenizer', kinds: TOKENIZERS, later: LATER_TOKENIZERS };
const FILTER_LIBRARY: Library<TokenFilter> = { what: 'filter', kinds: TOKEN_FILTERS, later: LATER_TOKEN_FILTERS };
const CHAR_FILTER_LIBRARY: Library<CharFilter> = {
  what: 'char_filter',
  kinds: CHAR_FILTERS,
  later: LATER_CHAR_FILTERS,
};

/** The definitions of an index, by kind and name. */
export class ChainSettings {
  readonly #tokenizers: Options;
  readonly #filters: Options;
  readonly #charFilters: Options;

  /** @throws CoppiceError `BAD_REQUEST` if a definition is not understood, be it used or not. */
  constructor(settings: AnalysisSettings) {
    this.#tokenizers = definitionsOf(settings, 'tokenizer');
    this.#filters = definitionsOf(settings, 'filter');
    this.#charFilters = definitionsOf(settings, 'char_filter');
    for (const name of Object.keys(this.#tokenizers)) this.#tokenizer(name, { allowsDefinition: false });
    for (const name of Object.keys(this.#charFilters)) this.#charFilter(name, { allowsDefinition: false });
    for (const name of Object.keys(this.#filters)) this.#filter(name, { allowsDefinition: false }, NOTHING_BEFORE);
  }

  /**
   * The parts of an analyzer that the settings define.
   *
   * @throws CoppiceError `BAD_REQUEST`.
   */
  analyzer(name: string, definition: unknown): ChainParts {
    const what = `analyzer [${name}]`;
    if (!isOptions(definition)) throw settingsError(`${what} must be an object of settings`);
    const type = definition['type'] ?? 'custom';
    if (type !== 'custom')
      return makeComponent({ what, options: definition, before: NOTHING_BEFORE }, ANALYZER_TYPES, [...LATER_ANALYZERS]);
    const options = new OptionReader(what, definition, ['tokenizer', 'filter', 'char_filter']);
    if (!options.has('tokenizer')) throw settingsError(`${what}: [tokenizer] is missing`);
    const chain: ChainDefinition = {
      tokenizer: options.requiredText('tokenizer'),
      filter: options.list('filter') ?? [],
      char_filter: options.list('char_filter') ?? [],
    };
    return this.chain(chain, { what, allowsDefinition: false });
  }

  /**
   * The parts of a normalizer: filters that change characters one by one, around the whole value.
   *
   * @throws CoppiceError `BAD_REQUEST`.
   */
  normalizer(name: string, definition: unknown): ChainParts {
    const what = `normalizer [${name}]`;
    if (!isOptions(definition)) throw settingsError(`${what} must be an object of settings`);
    const options = new OptionReader(what, definition, ['filter', 'char_filter']);
    options.word('type', 'custom', ['custom']);
    const filter = options.list('filter') ?? [];
    const chain: ChainDefinition = { tokenizer: 'keyword', filter, char_filter: options.list('char_filter') ?? [] };
    const parts = { ...this.chain(chain, { what, allowsDefinition: false }), tokenizer: cutNothing };
    const unfit = parts.filters.findIndex(({ isNormalizing }) => isNormalizing !== true);
    if (unfit >= 0) throw settingsError(`${what} may not use the filter [${String(filter[unfit])}]`);
    return parts;
  }

  /**
   * The parts of a chain.
   *
   * @param allowsDefinition Whether parts may be given by their definitions in the place of names.
   * @throws CoppiceError `BAD_REQUEST`.
   */
  chain(
    { tokenizer, filter = [], char_filter: charFilter = [] }: ChainDefinition,
    { what, allowsDefinition }: { readonly what: string; readonly allowsDefinition: boolean },
  ): ChainParts {
    const context = { allowsDefinition, what };
    if (filter.length + charFilter.length > ANALYSIS_LIMITS.filters)
      throw settingsError(`${what} has more than ${ANALYSIS_LIMITS.filters} filters`);
    const charFilters = charFilter.map((reference) => this.#charFilter(reference, context));
    const cutter = this.#tokenizer(tokenizer, context);
    const filters: TokenFilter[] = [];
    for (const reference of filter) {
      const soFar = { charFilters, tokenizer: cutter, filters: [...filters] };
      filters.push(this.#filter(reference, context, { termsOf: (text) => termsOf(soFar, text) }));
    }
    return { charFilters, tokenizer: cutter, filters };
  }

  #tokenizer(reference: PartReference, context: ReferenceContext): TextCutter {
    return resolve(TOKENIZER_LIBRARY, this.#tokenizers, { reference, context, before: NOTHING_BEFORE });
  }

  #charFilter(reference: PartReference, context: ReferenceContext): CharFilter {
    return resolve(CHAR_FILTER_LIBRARY, this.#charFilters, { reference, context, before: NOTHING_BEFORE });
  }

  #filter(reference: PartReference, context: ReferenceContext, before: ChainSoFar): TokenFilter {
    return resolve(FILTER_LIBRARY, this.#filters, { reference, context, before });
  }
}

type ReferenceContext = { readonly allowsDefinition: boolean; readonly what?: string };

type Reference = {
  readonly reference: PartReference;
  readonly context: ReferenceContext;
  readonly before: ChainSoFar;
};

/** A part by its name among the definitions and then among the built-in types, or by its own definition. */
function resolve<T>(library: Library<T>, definitions: Options, { reference, context, before }: Reference): T {
  const { what, kinds, later } = library;
  if (context.allowsDefinition && isOptions(reference))
    return makeComponent({ what: `custom ${what}`, options: reference, before }, kinds, later);
  if (typeof reference !== 'string')
    throw settingsError(`${context.what ?? what}: a ${what} must be given by its name`);
  if (Object.hasOwn(definitions, reference)) {
    const options = definitions[reference];
    if (!isOptions(options)) throw settingsError(`${what} [${reference}] must be an object of settings`);
    return makeComponent({ what: `${what} [${reference}]`, options, before }, kinds, later);
  }
  if (kinds.has(reference))
    return makeComponent({ what: `${what} [${reference}]`, options: { type: reference }, before }, kinds, later);
  const owner = context.what === undefined ? '' : `${context.what}: `;
  const hint = later.includes(reference)
    ? ' is not supported by this version'
    : ` is not known${suggestion(reference, [...Object.keys(definitions), ...kinds.keys()])}`;
  throw settingsError(`${owner}${what} [${reference}]${hint}`);
}

function definitionsOf(settings: AnalysisSettings, key: 'tokenizer' | 'filter' | 'char_filter'): Options {
  return checkedDefinitions(settings[key], key);
}

/**
 * The definitions of one kind.
 *
 * @throws CoppiceError `BAD_REQUEST` if they are no object, or too many.
 */
export function checkedDefinitions(value: unknown, key: string): Options {
  if (value === undefined || value === null) return {};
  if (!isOptions(value)) throw settingsError(`analysis: [${key}] must be an object of definitions by name`);
  const names = Object.keys(value);
  if (names.length > ANALYSIS_LIMITS.definitions)
    throw settingsError(
      `analysis: [${key}] has ${names.length} definitions, at most ${ANALYSIS_LIMITS.definitions} are allowed`,
    );
  const unfit = names.find((name) => name === '' || name.length > 255 || name === '__proto__');
  if (unfit !== undefined)
    throw settingsError(`analysis: [${key}] has a name that is not allowed: [${unfit.slice(0, 60)}]`);
  return value;
}

function termsOf(parts: ChainParts, text: string): string[] {
  const terms: string[] = [];
  runChain(parts, text, { token: ({ term }) => terms.push(term), end: () => undefined });
  return terms;
}
