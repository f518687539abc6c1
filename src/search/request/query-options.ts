/** What several kinds of query have in common: boosts and names, fields, fuzziness, numbers of words that must match. */
import type { Fuzziness, FuzzyOptions, MinimumShouldMatch } from '../../engine/query/query.ts';
import type { ObjectReader } from '../object-reader.ts';
import {
  asList,
  asNumber,
  childPath,
  compact,
  elementPath,
  isPlainObject,
  isScalar,
  pathError,
  type Scalar,
  shapeError,
} from '../shape.ts';
import { QUERY_LIMITS, type WeightedField } from './query-node.ts';

/** Keys that every query takes. */
export const COMMON_KEYS = ['boost', '_name'] as const;

/** The key of a body that names its field, what stands there, and its path. */
export type SingleField = { readonly field: string; readonly value: unknown; readonly at: string };

/** Reads what every query takes. */
export function readCommon(reader: ObjectReader): { boost?: number; name?: string } {
  return compact({ boost: readBoost(reader), name: readName(reader) });
}

/** Reads the one field that a body names. */
export function singleField(body: unknown, path: string): SingleField {
  if (!isPlainObject(body)) throw shapeError(path, 'an object with a field name', body);
  const [entry, other] = Object.entries(body);
  if (entry === undefined) throw pathError(path, 'no field name', 'an object with a field name');
  if (other !== undefined)
    throw pathError(
      path,
      `takes one field, got [${entry[0].slice(0, 60)}] and [${other[0].slice(0, 60)}]`,
      'an object with one field name',
    );
  return { field: readFieldName(entry[0], path), value: entry[1], at: childPath(path, entry[0]) };
}

/** A field name as queries and sorts give it. */
export function readFieldName(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 4096) throw shapeError(path, 'a field name', value);
  return value;
}

/** Reads a text to look for. */
export function textAt(value: unknown, path: string): Scalar {
  if (!isScalar(value)) throw shapeError(path, 'a text, a number or a boolean', value);
  if (typeof value === 'string' && value.length > QUERY_LIMITS.textLength)
    throw pathError(
      path,
      `text is ${value.length} characters long, at most ${QUERY_LIMITS.textLength} are allowed`,
      'a shorter text',
    );
  return value;
}

/** Reads `fields`: names or patterns, with boosts as in `title^3`. None is an empty list. */
export function readFields(reader: ObjectReader): readonly WeightedField[] {
  const fields = reader.has('fields') ? asList(reader.value('fields')) : [];
  if (fields.length > QUERY_LIMITS.fields)
    throw shapeError(reader.at('fields'), `at most ${QUERY_LIMITS.fields} fields`, fields);
  return fields.map((field, index) => weightedField(field, elementPath(reader.at('fields'), index)));
}

/** Reads a field name with a boost, perhaps. */
export function weightedField(value: unknown, path: string): WeightedField {
  const text = readFieldName(value, path);
  const caret = text.lastIndexOf('^');
  if (caret < 0) return { pattern: text };
  const boost = asNumber(text.slice(caret + 1));
  if (caret === 0 || boost === undefined || boost < 0)
    throw shapeError(path, 'a field name, or one with a boost such as "title^3"', value);
  return { pattern: text.slice(0, caret), boost };
}

/** Reads `minimum_should_match`: an integer or a percentage, negative from the top, or conditions such as `2<75%`. */
export function readMinimum(reader: ObjectReader): MinimumShouldMatch | undefined {
  const value = reader.value('minimum_should_match');
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'string') {
    const text = value
      .trim()
      .replaceAll(/\+(?=\d)/g, '')
      .replaceAll(/\s*<\s*/g, '<');
    if (isMinimum(text)) return text;
  }
  throw shapeError(
    reader.at('minimum_should_match'),
    'an integer, a percentage or conditions, such as 2, "-1", "75%" or "2<-25% 9<-3"',
    value,
  );
}

const MINIMUM = /^(?:-?\d{1,9}%?|\d{1,9}<-?\d{1,9}%?(?:\s+\d{1,9}<-?\d{1,9}%?)*)$/;

/** Whether a value is a `minimum_should_match` as the engine takes it. */
export function isMinimum(value: unknown): value is MinimumShouldMatch {
  return Number.isSafeInteger(value) || (typeof value === 'string' && value.length <= 1000 && MINIMUM.test(value));
}

/** Keys of `readFuzzy`. */
export const FUZZY_KEYS = ['fuzziness', 'prefix_length', 'max_expansions', 'fuzzy_transpositions'];

/** Reads how misspelt words may be; undefined without `fuzziness`. */
export function readFuzzy(reader: ObjectReader): FuzzyOptions | undefined {
  if (!reader.has('fuzziness')) return undefined;
  return compact({
    fuzziness: fuzzinessAt(reader.value('fuzziness'), reader.at('fuzziness')),
    prefixLength: reader.integer('prefix_length', { min: 0, max: QUERY_LIMITS.textLength }),
    maxExpansions: readExpansions(reader),
    transpositions: reader.boolean('fuzzy_transpositions'),
  });
}

/** Reads `max_expansions`. */
export function readExpansions(reader: ObjectReader, key = 'max_expansions'): number | undefined {
  return reader.integer(key, { min: 1, max: QUERY_LIMITS.expansions });
}

/** What `AUTO` means: words of up to two characters as they are, up to five with one edit, longer ones with two. */
export const AUTO_FUZZINESS = { low: 3, high: 6 } as const satisfies Fuzziness;

/** Reads a fuzziness: 0 to 2, `AUTO`, or `AUTO:3,6`. */
export function fuzzinessAt(value: unknown, path: string): Fuzziness {
  const number = asNumber(value);
  if (number === 0 || number === 1 || number === 2) return number;
  const [auto, low, high] = typeof value === 'string' ? (/^AUTO(?::(\d{1,4}),(\d{1,4}))?$/i.exec(value) ?? []) : [];
  if (auto !== undefined && low === undefined) return AUTO_FUZZINESS;
  if (auto !== undefined && Number(low) <= Number(high)) return { low: Number(low), high: Number(high) };
  throw shapeError(path, 'a fuzziness: 0, 1, 2, "AUTO" or "AUTO:3,6"', value);
}

function readBoost(reader: ObjectReader): number | undefined {
  return reader.number('boost', { min: 0, max: 1e30 });
}

function readName(reader: ObjectReader): string | undefined {
  const name = reader.name('_name');
  if (name !== undefined && name.length > QUERY_LIMITS.nameLength)
    throw shapeError(reader.at('_name'), `a name of at most ${QUERY_LIMITS.nameLength} characters`, name);
  return name;
}
