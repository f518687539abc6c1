/** Bodies of `get` and `mget`: documents by id. */
import { CoppiceError } from '../../errors.ts';
import { checkId } from '../document.ts';
import { ObjectReader } from '../object-reader.ts';
import { asList, compact, elementPath, isPlainObject, nameAt, pathError, shapeError } from '../shape.ts';
import { parseSourceFilter, type SourceFilter, WHOLE_SOURCE } from '../source-filter.ts';
import { readRouting, readTimeoutMs, readToken, type Token } from './common.ts';

/** A document wanted. */
export type GetRequest = {
  readonly id: string;
  readonly routing: string;
  readonly source: SourceFilter;
  readonly timeoutMs?: number;
  readonly after?: Token;
};

/** One of several documents wanted. */
export type MultiGetItem = {
  readonly id: string;
  readonly index?: string;
  readonly routing: string;
  readonly source: SourceFilter;
};

/** Several documents wanted, answered in this order. */
export type MultiGetRequest = {
  readonly items: readonly MultiGetItem[];
  readonly timeoutMs?: number;
  readonly after?: Token;
};

/** Most documents of one request. */
export const MULTI_GET_LIMITS = { ids: 10_000 } as const;

const SOURCE_KEYS = ['_source', '_source_includes', '_source_excludes'];
const LATER = ['preference', 'stored_fields', 'version', 'version_type', 'force_synthetic_source'];

/**
 * Reads the body of `get`.
 *
 * @throws CoppiceError `PARSING_FAILED` or `BAD_REQUEST`.
 */
export function parseGet(body: unknown): GetRequest {
  const known = ['id', '_id', ...SOURCE_KEYS, 'routing', 'timeout', 'after', 'realtime', 'refresh'];
  const reader = ObjectReader.open(body, '', { known, later: LATER });
  const key = reader.has('_id') ? '_id' : 'id';
  const id = checkId(reader.required(key, 'the id of a document'));
  return compact({
    id,
    routing: readRouting(reader) ?? id,
    source: readSource(reader, WHOLE_SOURCE),
    timeoutMs: readTimeoutMs(reader),
    after: readToken(reader),
  });
}

/**
 * Reads the body of `mget`: `{"ids":["1"]}` or `{"docs":[{"_id":"1"}]}`.
 *
 * @param index The index of the subject; an item that names another one is refused. Without it each item names its own.
 * @throws CoppiceError `PARSING_FAILED` or `BAD_REQUEST`.
 */
export function parseMultiGet(body: unknown, index?: string): MultiGetRequest {
  const reader = ObjectReader.open(body, '', {
    known: ['ids', 'docs', ...SOURCE_KEYS, 'timeout', 'after', 'realtime', 'refresh'],
    later: LATER,
  });
  if (reader.has('ids') === reader.has('docs')) throw pathError('', 'expected [ids] or [docs]', '[ids] or [docs]');
  const key = reader.has('ids') ? 'ids' : 'docs';
  const list = reader.value(key);
  if (!Array.isArray(list)) throw shapeError(key, 'a list', list);
  if (list.length === 0 || list.length > MULTI_GET_LIMITS.ids)
    throw pathError(
      key,
      `expected 1 to ${MULTI_GET_LIMITS.ids} documents, got ${list.length}`,
      `1 to ${MULTI_GET_LIMITS.ids} documents`,
    );
  const common = readSource(reader, WHOLE_SOURCE);
  const items = list.map(
    (element: unknown, at): MultiGetItem => readItem(element, elementPath(key, at), { common, index }),
  );
  return compact({ items, timeoutMs: readTimeoutMs(reader), after: readToken(reader) });
}

function readItem(
  value: unknown,
  path: string,
  { common, index }: { common: SourceFilter; index: string | undefined },
): MultiGetItem {
  const reader = ObjectReader.open(isPlainObject(value) ? value : { _id: value }, path, {
    known: ['_id', 'id', '_index', 'routing', ...SOURCE_KEYS],
    later: LATER,
  });
  const id = checkId(reader.required(reader.has('_id') ? '_id' : 'id', 'the id of a document'));
  const own = reader.has('_index')
    ? nameAt(reader.value('_index'), reader.at('_index'), 'the name of an index')
    : index;
  if (own === undefined) throw new CoppiceError('BAD_REQUEST', `${path}: an index is missing: give [_index]`);
  if (index !== undefined && own !== index)
    throw new CoppiceError('BAD_REQUEST', `${path}: [_index] names [${own}], but the request is for [${index}]`);
  return { id, index: own, routing: readRouting(reader) ?? id, source: readSource(reader, common) };
}

function readSource(reader: ObjectReader, otherwise: SourceFilter): SourceFilter {
  const base = reader.has('_source') ? parseSourceFilter(reader.value('_source'), reader.at('_source')) : otherwise;
  const includes = patternsOf(reader, '_source_includes');
  const excludes = patternsOf(reader, '_source_excludes');
  return compact({ enabled: base.enabled, includes: includes ?? base.includes, excludes: excludes ?? base.excludes });
}

function patternsOf(reader: ObjectReader, key: string): readonly string[] | undefined {
  if (!reader.has(key)) return undefined;
  const value = reader.value(key);
  const list = typeof value === 'string' ? value.split(',') : asList(value);
  return parseSourceFilter(list, reader.at(key)).includes;
}
