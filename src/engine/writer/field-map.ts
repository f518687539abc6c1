/** The schema of an index as it grows: fields by name, with their options. */
import { CoppiceError } from '../../errors.ts';
import type { Analyzers } from '../analysis/analyzer.ts';
import type { FieldOptions, FieldType, Schema } from '../engine.ts';

const TYPES: ReadonlySet<string> = new Set<FieldType>(['text', 'keyword', 'long', 'double', 'boolean', 'date']);
const DEFAULTS = { analyzer: 'standard', positionIncrementGap: 100, offsets: false } as const;
const LARGEST_GAP = 1_000_000;

/** Fields; only ever added. */
export class FieldMap {
  readonly #fields = new Map<string, FieldOptions>();
  readonly #analyzers: Analyzers;

  constructor(analyzers: Analyzers) {
    this.#analyzers = analyzers;
  }

  get fields(): ReadonlyMap<string, FieldOptions> {
    return this.#fields;
  }

  /** As it was given: a field without options is its type. */
  get schema(): Schema {
    return Object.fromEntries(
      Array.from(this.#fields, ([name, options]) => [name, Object.keys(options).length === 1 ? options.type : options]),
    );
  }

  /**
   * Adds fields: all of them or none.
   *
   * @throws CoppiceError `MAPPING_FAILED` if a field exists with another type or other options.
   */
  add(schema: Schema): void {
    const added = Object.entries(schema).map(([name, field]): [string, FieldOptions] => [
      name,
      typeof field === 'string' ? { type: field } : field,
    ]);
    for (const [name, options] of added) this.#check(name, options);
    for (const [name, options] of added) if (!this.#fields.has(name)) this.#fields.set(name, { ...options });
  }

  #check(name: string, options: FieldOptions): void {
    const fail = (problem: string): never => {
      throw new CoppiceError('MAPPING_FAILED', `field \`${name}\` ${problem}`);
    };
    const { type, analyzer, searchAnalyzer, positionIncrementGap: gap } = options;
    if (!TYPES.has(type)) fail(`cannot be of type ${type}`);
    if (gap !== undefined && !(Number.isInteger(gap) && gap >= 0 && gap <= LARGEST_GAP)) {
      fail(`cannot have a position increment gap of ${gap}`);
    }
    for (const used of [analyzer, searchAnalyzer]) if (used !== undefined) this.#analyzers.get(used);
    const known = this.#fields.get(name);
    if (known === undefined) return;
    if (known.type !== type) fail(`is of type ${known.type} and cannot become ${type}`);
    const now: FieldOptions = { ...DEFAULTS, searchAnalyzer: known.analyzer ?? DEFAULTS.analyzer, ...known };
    for (const key of ['analyzer', 'searchAnalyzer', 'positionIncrementGap', 'offsets'] as const) {
      if (options[key] === undefined || options[key] === now[key]) continue;
      fail(`has \`${key}\` ${String(now[key])} and cannot get ${String(options[key])}`);
    }
  }
}
