/** What several bodies have in common: timeouts, tokens, routing. */
import { TimeZone } from '../../engine/time/time-zone.ts';
import type { ObjectReader } from '../object-reader.ts';
import { asList, childPath, elementPath, integerAt, isPlainObject, nameAt, shapeError } from '../shape.ts';

/** `shard → seq` that a read must have seen. Keys are decimal shard numbers. */
export type Token = Readonly<Record<string, number>>;

const UNIT_MS = new Map([
  ['nanos', 1e-6],
  ['micros', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const MAX_ROUTINGS = 1024;

/** Reads a duration: milliseconds, or a number with a unit such as `"500ms"`, rounded up to whole ones. -1 is none. */
export function readTimeoutMs(reader: ObjectReader, key = 'timeout'): number | undefined {
  const value = reader.value(key);
  if (value === undefined || value === -1 || value === '-1') return undefined;
  const timeoutMs = value === '0' ? 0 : durationMs(value);
  if (timeoutMs === undefined || timeoutMs < 0)
    throw shapeError(reader.at(key), 'a duration such as "500ms" or "2s", or milliseconds', value);
  return Math.ceil(timeoutMs);
}

/** Milliseconds of a duration: a number, or one with a unit; undefined if it is none. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const [, digits = '', unit = ''] =
    typeof value === 'string' ? (/^(\d{1,12}(?:\.\d{1,6})?)([a-z]+)$/.exec(value) ?? []) : [];
  const factor = UNIT_MS.get(unit);
  return factor === undefined ? undefined : Number(digits) * factor;
}

/**
 * Reads the name of a time zone.
 *
 * @throws CoppiceError `BAD_REQUEST` if there is none of this name.
 */
export function readTimeZone(reader: ObjectReader): string | undefined {
  const name = reader.name('time_zone');
  return name === undefined ? undefined : TimeZone.of(name).name;
}

/** Reads `after`: the token of a write that the answer must have seen. */
export function readToken(reader: ObjectReader): Token | undefined {
  const value = reader.value('after');
  if (value === undefined) return undefined;
  const path = reader.at('after');
  if (!isPlainObject(value)) throw shapeError(path, 'the token of a write, {"shard": seq}', value);
  const entries = Object.entries(value).map(([shard, seq]): [string, number] => {
    if (!/^(?:0|[1-9]\d{0,4})$/.test(shard)) throw shapeError(childPath(path, shard), 'a shard number as key', shard);
    return [shard, integerAt(seq, childPath(path, shard), { min: 0 })];
  });
  return Object.fromEntries(entries);
}

/** Reads `routing` of a request to several shards: a key, several keys divided by commas, or a list. */
export function readRoutings(reader: ObjectReader): readonly string[] | undefined {
  const value = reader.value('routing');
  if (value === undefined) return undefined;
  const keys = typeof value === 'string' ? value.split(',') : asList(value);
  if (keys.length === 0 || keys.length > MAX_ROUTINGS)
    throw shapeError(reader.at('routing'), `1 to ${MAX_ROUTINGS} routing keys`, value);
  return keys.map((key, index) =>
    routingKey(key, typeof value === 'string' ? reader.at('routing') : elementPath(reader.at('routing'), index)),
  );
}

/** Reads `routing` of one document. */
export function readRouting(reader: ObjectReader): string | undefined {
  const value = reader.value('routing');
  return value === undefined ? undefined : routingKey(value, reader.at('routing'));
}

function routingKey(value: unknown, path: string): string {
  return nameAt(typeof value === 'number' ? String(value) : value, path, 'a routing key');
}
