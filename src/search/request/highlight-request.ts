/** `highlight` of a search, as requests carry it inside the cluster. */
import { HIGHLIGHT_DEFAULTS, type HighlightOptions } from '../../engine/highlight/highlight-options.ts';
import { ObjectReader } from '../object-reader.ts';
import {
  asList,
  childPath,
  compact,
  elementPath,
  isPlainObject,
  nameAt,
  pathError,
  shapeError,
  stringAt,
} from '../shape.ts';
import { parseQuery } from './parse-query.ts';
import type { QueryNode } from './query-node.ts';
import { readFieldName } from './query-options.ts';

/** A field, or a pattern of fields, to highlight. */
export type HighlightField = {
  readonly pattern: string;
  readonly preTag: string;
  readonly postTag: string;
  /** Characters; 0: whole sentences. */
  readonly fragmentSize: number;
  /** 0: the whole text. */
  readonly numberOfFragments: number;
  /** Whether only what the query looks for in this very field is marked. */
  readonly requireFieldMatch: boolean;
  /** Looked for in the place of the search's own query. */
  readonly query?: QueryNode;
} & Partial<Pick<HighlightOptions, 'encoder' | 'boundaries' | 'order' | 'noMatchSize' | 'maxAnalyzed'>>;

type Options = Partial<Omit<HighlightField, 'pattern'>>;

const OPTION_KEYS = [
  'boundary_scanner',
  'encoder',
  'fragment_size',
  'highlight_query',
  'max_analyzed_offset',
  'no_match_size',
  'number_of_fragments',
  'order',
  'post_tags',
  'pre_tags',
  'require_field_match',
  'tags_schema',
  'type',
];
const LATER = [
  'boundary_chars',
  'boundary_max_scan',
  'boundary_scanner_locale',
  'force_source',
  'fragmenter',
  'matched_fields',
  'phrase_limit',
];
/** Elasticsearch's highlighters; there is one here, which does the work of all. */
const TYPES = ['unified', 'plain', 'fvh'] as const;
/** The tags of the schema `styled`. */
const STYLED = { preTag: '<em class="hlt1">', postTag: '</em>' } as const;
const DEFAULTS = {
  preTag: HIGHLIGHT_DEFAULTS.preTag,
  postTag: HIGHLIGHT_DEFAULTS.postTag,
  fragmentSize: HIGHLIGHT_DEFAULTS.size,
  numberOfFragments: HIGHLIGHT_DEFAULTS.fragments,
  requireFieldMatch: HIGHLIGHT_DEFAULTS.requireFieldMatch,
} as const;
const MAX_FIELDS = 100;
const MAX_ANALYZED = 100_000_000;

/**
 * Reads `highlight`: `{"fields":{"title":{}}}`, with options for all fields beside `fields` and for one inside.
 *
 * @throws CoppiceError `PARSING_FAILED`.
 */
export function parseHighlight(value: unknown, path: string): readonly HighlightField[] {
  const reader = ObjectReader.open(value, path, { known: ['fields', ...OPTION_KEYS], later: LATER });
  const common = { ...DEFAULTS, ...readOptions(reader) };
  const at = reader.at('fields');
  const fields = reader.required('fields', 'an object of field names');
  const objects = asList(fields).map((object, index) =>
    fieldsOf(object, Array.isArray(fields) ? elementPath(at, index) : at),
  );
  const list = objects
    .flat()
    .map(({ pattern, options, path: fieldPath }) => ({ ...common, ...readField(options, fieldPath), pattern }));
  if (list.length > MAX_FIELDS)
    throw pathError(at, `${list.length} fields, at most ${MAX_FIELDS} are allowed`, `at most ${MAX_FIELDS} fields`);
  return list;
}

function fieldsOf(value: unknown, path: string): readonly { pattern: string; options: unknown; path: string }[] {
  if (!isPlainObject(value)) throw shapeError(path, 'an object of field names', value);
  return Object.entries(value).map(([name, options]) => ({
    pattern: readFieldName(name, path),
    options,
    path: childPath(path, name),
  }));
}

function readField(value: unknown, path: string): Options {
  return readOptions(ObjectReader.open(value, path, { known: OPTION_KEYS, later: LATER }));
}

function readOptions(reader: ObjectReader): Options {
  reader.word('type', TYPES);
  const order = reader.word('order', ['none', 'score']);
  const schema = reader.word('tags_schema', ['default', 'styled']) === 'styled' ? STYLED : undefined;
  return compact({
    preTag: readTag(reader, 'pre_tags') ?? schema?.preTag,
    postTag: readTag(reader, 'post_tags') ?? schema?.postTag,
    fragmentSize: reader.integer('fragment_size', { min: 0, max: 100_000 }),
    numberOfFragments: reader.integer('number_of_fragments', { min: 0, max: 100 }),
    requireFieldMatch: reader.boolean('require_field_match'),
    encoder: reader.word('encoder', ['default', 'html']),
    boundaries: reader.word('boundary_scanner', ['sentence', 'word']),
    order: order === undefined ? undefined : order === 'score' ? ('score' as const) : ('text' as const),
    noMatchSize: reader.integer('no_match_size', { min: 0, max: 100_000 }),
    maxAnalyzed: reader.integer('max_analyzed_offset', { min: 1, max: MAX_ANALYZED }),
    query: reader.has('highlight_query')
      ? parseQuery(reader.value('highlight_query'), reader.at('highlight_query'))
      : undefined,
  });
}

/** The first tag of a list counts. */
function readTag(reader: ObjectReader, key: string): string | undefined {
  if (!reader.has(key)) return undefined;
  const value = reader.value(key);
  if (!Array.isArray(value)) return stringAt(value, reader.at(key), 'a tag or a list of tags');
  return nameAt(value[0], elementPath(reader.at(key), 0), 'a tag');
}
