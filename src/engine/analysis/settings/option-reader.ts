/** Reads the settings of one analyzer, tokenizer or filter: every key is known, every value of its kind and in bounds. */
import { CoppiceError } from '../../../errors.ts';
import { editDistance } from '../../automata/edit-distance.ts';

/** Bounds of all analysis settings of an index together, in one place. */
export const ANALYSIS_LIMITS = {
  /** Analyzers, tokenizers, filters and the like of one index, of each kind. */
  definitions: 200,
  /** Filters of one analyzer. */
  filters: 50,
  /** Words of one list. */
  words: 10_000,
  /** Characters of one word, pattern or rule. */
  wordLength: 1000,
  /** Characters that a piece of a term may have. */
  gram: 255,
  /** Greatest difference between the longest and the shortest piece that may start at one place. */
  gramDifference: 16,
  /** Words of one shingle. */
  shingle: 16,
  /** Length of the settings as JSON. */
  totalLength: 1_000_000,
} as const;

/** Settings as they come in. */
export type Options = Readonly<Record<string, unknown>>;

/** Whether a value is an object with keys. */
export function isOptions(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An error of the settings. */
export function settingsError(message: string): CoppiceError {
  return new CoppiceError('BAD_REQUEST', message);
}

/** `, did you mean [x]?` if a known name is close to a word; else nothing. */
export function suggestion(word: string, known: Iterable<string>): string {
  if (word.length > 64) return '';
  let [best, bestEdits] = ['', Math.min(2, Math.ceil(word.length / 2) - 1) + 1];
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= bestEdits) continue;
    const edits = editDistance(word.toLowerCase(), name.toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
  }
  return best === '' ? '' : `, did you mean [${best}]?`;
}

/** Reader of one definition. Numbers and booleans may be given as strings, as Elasticsearch writes them. */
export class OptionReader {
  /** Names the definition in messages: `filter [my_stop]`. */
  readonly what: string;
  readonly #options: Options;

  /** @throws CoppiceError `BAD_REQUEST` if there is a key that is not among `known`. */
  constructor(what: string, options: Options, known: readonly string[]) {
    this.what = what;
    this.#options = options;
    for (const key of Object.keys(options)) {
      if (key === 'type' || key === 'version' || known.includes(key)) continue;
      throw settingsError(`${what}: unknown setting [${key}]${suggestion(key, known)}`);
    }
  }

  has(key: string): boolean {
    return this.#options[key] !== undefined && this.#options[key] !== null;
  }

  value(key: string): unknown {
    return this.#options[key];
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.#options[key] ?? otherwise;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw this.#misfit(key, 'true or false');
  }

  integer(key: string, otherwise: number, { min, max }: { readonly min: number; readonly max: number }): number {
    const value = this.#options[key] ?? otherwise;
    const number = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < min || number > max)
      throw this.#misfit(key, `an integer from ${min} to ${max}`);
    return number;
  }

  text(key: string, otherwise: string, { min = 0 }: { readonly min?: number } = {}): string {
    const value = this.#options[key] ?? otherwise;
    if (typeof value !== 'string' || value.length < min || value.length > ANALYSIS_LIMITS.wordLength)
      throw this.#misfit(key, `a string of ${min} to ${ANALYSIS_LIMITS.wordLength} characters`);
    return value;
  }

  requiredText(key: string): string {
    if (!this.has(key)) throw settingsError(`${this.what}: [${key}] is missing`);
    return this.text(key, '', { min: 1 });
  }

  word<W extends string>(key: string, otherwise: W, words: readonly W[]): W {
    const value = this.#options[key] ?? otherwise;
    const word = words.find((known) => known === value);
    if (word !== undefined) return word;
    const close = typeof value === 'string' ? suggestion(value, words) : '';
    throw settingsError(`${this.what}: [${key}] must be one of [${words.join(', ')}], got [${shown(value)}]${close}`);
  }

  /** A list of strings; a string counts as one element, or with `divider` as several. */
  list(key: string, { divider }: { readonly divider?: string } = {}): readonly string[] | undefined {
    const value = this.#options[key];
    if (value === undefined || value === null) return undefined;
    const whole = typeof value === 'string' && divider !== undefined ? value.split(divider) : value;
    const list: readonly unknown[] = Array.isArray(whole) ? whole : [whole];
    if (list.length > ANALYSIS_LIMITS.words)
      throw settingsError(
        `${this.what}: [${key}] has ${list.length} elements, at most ${ANALYSIS_LIMITS.words} are allowed`,
      );
    return list.map((element) => {
      if (typeof element === 'string' && element.length <= ANALYSIS_LIMITS.wordLength) return element;
      throw this.#misfit(key, `strings of at most ${ANALYSIS_LIMITS.wordLength} characters`, element);
    });
  }

  #misfit(key: string, expected: string, value: unknown = this.#options[key]): CoppiceError {
    return settingsError(`${this.what}: [${key}] must be ${expected}, got [${shown(value)}]`);
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
