/** What makers of tokenizers and filters have in common. */
import type { CharFilter } from '../chain/char-filter.ts';
import type { TextCutter, TokenFilter } from '../chain/token-stage.ts';
import { OptionReader, type Options, settingsError, suggestion } from './option-reader.ts';

/** What a filter may ask for while it is made. */
export type ChainSoFar = {
  /** The terms of a text after the tokenizer and the filters before this one. */
  readonly termsOf: (text: string) => readonly string[];
};

/** A kind of tokenizer or filter: the settings that it knows, and how it is made of them. */
export type Kind<T> = {
  readonly keys: readonly string[];
  readonly make: (options: OptionReader, before: ChainSoFar) => T;
};

/** Kinds by the name of their type. */
export type Kinds<T> = ReadonlyMap<string, Kind<T>>;

/** The three kinds of component. */
export type Component = TextCutter | TokenFilter | CharFilter;

/** A kind without settings. */
export function plain<T>(component: T): Kind<T> {
  return { keys: [], make: () => component };
}

/**
 * Makes a component of its definition.
 *
 * @param what Names it in messages: `filter [my_stop]`.
 * @param later Types that Elasticsearch has and this version lacks.
 * @throws CoppiceError `BAD_REQUEST`.
 */
export function makeComponent<T>(
  { what, options, before }: { readonly what: string; readonly options: Options; readonly before: ChainSoFar },
  kinds: Kinds<T>,
  later: readonly string[],
): T {
  const { type } = options;
  if (typeof type !== 'string') throw settingsError(`${what}: [type] is missing, it must be a string`);
  const kind = kinds.get(type);
  if (kind !== undefined) return kind.make(new OptionReader(what, options, kind.keys), before);
  const hint = later.includes(type)
    ? ' is not supported by this version'
    : ` is not known${suggestion(type, kinds.keys())}`;
  throw settingsError(`${what}: type [${type}]${hint}`);
}
