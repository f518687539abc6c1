/** `order` of buckets: by `_count`, by `_key`, or by a number of a sub-aggregation. */
import type { Aggregation, Aggregations, BucketOrder } from '../../../engine/aggregate/aggregation.ts';
import { asList, childPath, elementPath, isPlainObject, pathError, shapeError, wordAt } from '../../shape.ts';

const MAX_CRITERIA = 16;
const NUMBERS: ReadonlySet<string> = new Set(['min', 'max', 'sum', 'avg', 'valueCount', 'cardinality']);
const SINGLE: ReadonlySet<string> = new Set(['filter', 'missing', 'global']);
const STATS = ['count', 'min', 'max', 'sum', 'avg'];
const EXTENDED = [
  ...STATS,
  'sum_of_squares',
  'variance',
  'variance_population',
  'variance_sampling',
  'std_deviation',
  'std_deviation_population',
  'std_deviation_sampling',
];

/**
 * Reads `order`: an object with one criterion, or a list of them.
 *
 * @param below The aggregations below, which it may name.
 */
export function parseOrder(value: unknown, path: string, below: Aggregations): readonly BucketOrder[] {
  const criteria = asList(value);
  if (criteria.length === 0 || criteria.length > MAX_CRITERIA)
    throw shapeError(path, `1 to ${MAX_CRITERIA} criteria such as {"_count": "desc"}`, value);
  return criteria.map((criterion, index) =>
    parseCriterion(criterion, Array.isArray(value) ? elementPath(path, index) : path, below),
  );
}

function parseCriterion(value: unknown, path: string, below: Aggregations): BucketOrder {
  const entries = isPlainObject(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1)
    throw shapeError(path, 'an object with one criterion, such as {"_count": "desc"}', value);
  const [by, word] = entry;
  const direction = wordAt(word, childPath(path, by), ['asc', 'desc'] as const);
  if (by === '_count') return { by: 'count', direction };
  if (by === '_key') return { by: 'key', direction };
  return { by: 'metric', direction, ...parsePath(by, path, below) };
}

function parsePath(text: string, path: string, below: Aggregations): { path: readonly string[]; property?: string } {
  const tokens = text.split('>').map((token) => token.trim());
  const names: string[] = [];
  let level = below;
  for (const [index, token] of tokens.entries()) {
    const isLast = index === tokens.length - 1;
    const { name, property } = isLast ? splitProperty(token, level) : { name: token };
    const aggregation = Object.hasOwn(level, name) ? level[name] : undefined;
    if (aggregation === undefined) throw unknownPath(text, path, `there is no aggregation [${name}] here`, level);
    names.push(name);
    if (isLast) return { path: names, ...checkedProperty(aggregation, property, { text, path, level }) };
    if (!SINGLE.has(aggregation.kind))
      throw unknownPath(text, path, `aggregation [${name}] has more than one bucket`, level);
    level = 'aggregations' in aggregation ? (aggregation.aggregations ?? {}) : {};
  }
  throw unknownPath(text, path, 'it is empty', below);
}

/** `stats.avg` and `percentiles[99]`; a name with a dot in it goes before. */
function splitProperty(token: string, level: Aggregations): { name: string; property?: string } {
  if (Object.hasOwn(level, token)) return { name: token };
  const bracket = /^(.*)\[(.*)\]$/.exec(token);
  if (bracket !== null) return { name: bracket[1] ?? '', property: bracket[2] ?? '' };
  for (let dot = token.indexOf('.'); dot >= 0; dot = token.indexOf('.', dot + 1)) {
    if (Object.hasOwn(level, token.slice(0, dot))) return { name: token.slice(0, dot), property: token.slice(dot + 1) };
  }
  return { name: token };
}

function checkedProperty(
  { kind, ...aggregation }: Aggregation,
  property: string | undefined,
  { text, path, level }: { text: string; path: string; level: Aggregations },
): { property?: string } {
  const known = kind === 'stats' ? STATS : kind === 'extendedStats' ? EXTENDED : undefined;
  if (NUMBERS.has(kind) && (property === undefined || property === 'value')) return {};
  if (SINGLE.has(kind) && (property === undefined || property === '_count')) return {};
  if (known !== undefined && property !== undefined && known.includes(property)) return { property };
  const asked = 'percents' in aggregation ? aggregation.percents : 'values' in aggregation ? aggregation.values : [];
  if (property !== undefined && asked.includes(Number(property))) return { property };
  const expected = known ?? asked.map(String);
  const hint = expected.length === 0 ? 'it gives no single number' : `name one of its numbers [${expected.join(', ')}]`;
  throw unknownPath(text, path, hint, level);
}

function unknownPath(text: string, path: string, why: string, level: Aggregations) {
  const names = Object.keys(level);
  const expected = `_count, _key, or the path of a metric${names.length === 0 ? '' : `, here [${names.join(', ')}]`}`;
  return pathError(path, `invalid order [${text.slice(0, 100)}]: ${why}`, expected);
}
