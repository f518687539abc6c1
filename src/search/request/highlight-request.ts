/** `highlight` of a search, as requests carry it inside the cluster. */
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
import { readFieldName } from './query-options.ts';

/** A field, or a pattern of fields, to highlight. Zero fragments is the whole text. */
export type HighlightField = {
  readonly pattern: string;
  readonly preTag: string;
  readonly postTag: string;
  /** Characters. */
  readonly fragmentSize: number;
  readonly numberOfFragments: number;
  /** Whether only what the query looks for in this very field is marked. */
  readonly requireFieldMatch: boolean;
};

type Options = Partial<Omit<HighlightField, 'pattern'>>;

const OPTION_KEYS = ['pre_tags', 'post_tags', 'fragment_size', 'number_of_fragments', 'require_field_match'];
const LATER = [
  'boundary_chars',
  'boundary_max_scan',
  'boundary_scanner',
  'boundary_scanner_locale',
  'encoder',
  'force_source',
  'fragmenter',
  'highlight_query',
  'matched_fields',
  'max_analyzed_offset',
  'no_match_size',
  'order',
  'phrase_limit',
  'tags_schema',
  'type',
];
const DEFAULTS = {
  preTag: '<em>',
  postTag: '</em>',
  fragmentSize: 100,
  numberOfFragments: 5,
  requireFieldMatch: true,
} as const;
const MAX_FIELDS = 100;

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
  return compact({
    preTag: readTag(reader, 'pre_tags'),
    postTag: readTag(reader, 'post_tags'),
    fragmentSize: reader.integer('fragment_size', { min: 0, max: 100_000 }),
    numberOfFragments: reader.integer('number_of_fragments', { min: 0, max: 100 }),
    requireFieldMatch: reader.boolean('require_field_match'),
  });
}

/** The first tag of a list counts. */
function readTag(reader: ObjectReader, key: string): string | undefined {
  if (!reader.has(key)) return undefined;
  const value = reader.value(key);
  if (!Array.isArray(value)) return stringAt(value, reader.at(key), 'a tag or a list of tags');
  return nameAt(value[0], elementPath(reader.at(key), 0), 'a tag');
}
