/**
 * What a document adds to the mappings of its index. Runs before a write is decided: the new fields are agreed upon
 * by all shards first, then travel with the record.
 */
import { CoppiceError } from '../errors.ts';
import { looksLikeDate } from './dates.ts';
import { checkFieldName, type FieldMapping, fieldAt, type Mappings, mergeMappings } from './mapping.ts';
import { isPlainObject } from './shape.ts';

/** What a new string field becomes: full text, with an exact sub-field for what is short. */
export const DYNAMIC_STRING: FieldMapping = {
  type: 'text',
  fields: { keyword: { type: 'keyword', ignoreAbove: 256 } },
};

/**
 * Finds the fields of a document that its index does not have, and their types: a string is text with a `.keyword`
 * sub-field (a date if it looks like one, unless `date_detection` is off), a number long or double. Nulls and empty
 * lists tell nothing.
 *
 * @returns Mappings of the new fields only; undefined if there is none.
 * @throws CoppiceError `MAPPING_FAILED` if the mappings are strict, a value stands where an object belongs or the other
 * way round, or a limit would be passed.
 */
export function inferMappings(mappings: Mappings, document: unknown): Mappings | undefined {
  const inference = new Inference(mappings);
  inference.object(document, '');
  if (inference.added.size === 0) return undefined;
  const addition: Mappings = { fields: Object.fromEntries(inference.added) };
  mergeMappings(mappings, addition);
  return addition;
}

class Inference {
  readonly added = new Map<string, FieldMapping>();
  readonly #mappings: Mappings;

  constructor(mappings: Mappings) {
    this.#mappings = mappings;
  }

  object(value: unknown, prefix: string): void {
    if (!isPlainObject(value))
      throw new CoppiceError('MAPPING_FAILED', 'failed to parse: a document must be an object');
    for (const [name, child] of Object.entries(value)) {
      if (child === null || child === undefined) continue;
      const parent = name.includes('.') ? this.#parents(prefix, name) : prefix;
      if (parent === undefined) continue;
      const last = name.slice(name.lastIndexOf('.') + 1);
      checkFieldName(last, name);
      this.#value(child, parent === '' ? last : `${parent}.${last}`);
    }
  }

  /** Adds the objects that a dotted name stands in; undefined if they are not mapped and never will be. */
  #parents(prefix: string, name: string): string | undefined {
    let path = prefix;
    for (const part of name.split('.').slice(0, -1)) {
      checkFieldName(part, name);
      path = path === '' ? part : `${path}.${part}`;
      if (!this.#isObject(path)) return undefined;
    }
    return path;
  }

  #value(value: unknown, path: string): void {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) {
      for (const element of value) this.#value(element, path);
    } else if (isPlainObject(value)) {
      if (this.#isObject(path)) this.object(value, path);
    } else this.#leaf(value, path);
  }

  /** Makes sure that an inner object is mapped; tells whether it is. */
  #isObject(path: string): boolean {
    const known = this.#at(path);
    if (known?.type === 'object') return true;
    if (known !== undefined)
      throw new CoppiceError(
        'MAPPING_FAILED',
        `failed to parse field [${path}] of type [${known.type}]: got an object`,
      );
    return this.#add(path, { type: 'object' });
  }

  #leaf(value: unknown, path: string): void {
    const known = this.#at(path);
    if (known?.type === 'object')
      throw new CoppiceError(
        'MAPPING_FAILED',
        `object mapping for [${path}] tried to parse field [${path}] as object, but found a concrete value`,
      );
    const widens =
      known?.type === 'long' && this.added.has(path) && typeof value === 'number' && !Number.isInteger(value);
    if (known === undefined || widens) this.#add(path, this.#typeOf(value));
  }

  #typeOf(value: unknown): FieldMapping {
    if (typeof value === 'boolean') return { type: 'boolean' };
    if (typeof value === 'number') return { type: Number.isSafeInteger(value) ? 'long' : 'double' };
    const isDate = this.#mappings.dateDetection !== false && typeof value === 'string' && looksLikeDate(value);
    return isDate ? { type: 'date' } : DYNAMIC_STRING;
  }

  #at(path: string): FieldMapping | undefined {
    return this.added.get(path) ?? fieldAt(this.#mappings, path);
  }

  #add(path: string, field: FieldMapping): boolean {
    if (this.#mappings.dynamic === false) return false;
    if (this.#mappings.dynamic === 'strict') {
      throw new CoppiceError(
        'MAPPING_FAILED',
        `mapping set to strict, dynamic introduction of [${path}] within [_doc] is not allowed`,
      );
    }
    this.added.set(path, field);
    return true;
  }
}
