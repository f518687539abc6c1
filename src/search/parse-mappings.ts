/** Elasticsearch's mapping JSON (`{"dynamic":…,"properties":{…}}`) to mappings, and back. */
import { CoppiceError } from '../errors.ts';
import { DATE_FORMAT } from './dates.ts';
import {
  type DeclaredType,
  documentValue,
  engineType,
  FIELD_TYPES,
  isDeclaredType,
  LATER_TYPES,
} from './field-types.ts';
import {
  checkFieldName,
  checkMappings,
  type Dynamic,
  type FieldMapping,
  INDEX_OPTIONS,
  LEAF_PARAMETERS,
  type LeafMapping,
  MAPPING_LIMITS,
  type Mappings,
} from './mapping.ts';
import { ObjectReader } from './object-reader.ts';
import { compact, isPlainObject, pathError, type Scalar, shapeError, unknownNameError } from './shape.ts';

const ROOT_KEYS = {
  known: ['dynamic', 'date_detection', 'properties'],
  later: ['_meta', '_source', '_routing', 'dynamic_templates', 'numeric_detection', 'runtime'],
};
const OBJECT_KEYS = { known: ['type', 'properties'], later: ['dynamic', 'enabled', 'subobjects'] };
const LEAF_LATER = [
  'boost',
  'coerce',
  'copy_to',
  'doc_values',
  'eager_global_ordinals',
  'fielddata',
  'ignore_malformed',
  'index',
  'index_phrases',
  'index_prefixes',
  'meta',
  'norms',
  'normalizer',
  'similarity',
  'store',
  'term_vector',
  'dynamic',
  'properties',
];
const TEXT_KEYS = ['analyzer', 'search_analyzer', 'index_options', 'position_increment_gap'];
/** Positions between values that a field may ask for. */
const MAX_POSITION_GAP = 10_000;
const DYNAMIC_WORDS = new Map<unknown, Dynamic>([
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
  ['strict', 'strict'],
]);

/**
 * Reads the mappings of an index.
 *
 * @param path Where the JSON stands in the request, for messages: `mappings`.
 * @throws CoppiceError `PARSING_FAILED` for a wrong shape, `MAPPING_FAILED` for a type or a name that cannot be.
 */
export function parseMappings(json: unknown, path: string): Mappings {
  const root = ObjectReader.open(json, path, ROOT_KEYS);
  const fields = new Map<string, FieldMapping>();
  if (root.has('properties'))
    readProperties(root.value('properties'), { path: root.at('properties'), prefix: '', fields });
  const mappings = compact({
    dynamic: readDynamic(root),
    dateDetection: root.boolean('date_detection'),
    fields: Object.fromEntries(fields),
  });
  checkMappings(mappings);
  return mappings;
}

/** Writes mappings as Elasticsearch does, for `index-get`. */
export function mappingToJson(mappings: Mappings): Record<string, unknown> {
  const properties = propertiesJson(mappings, '');
  const dynamic = mappings.dynamic === undefined ? undefined : String(mappings.dynamic);
  return compact({ dynamic, date_detection: mappings.dateDetection, properties });
}

type Place = { readonly path: string; readonly prefix: string; readonly fields: Map<string, FieldMapping> };

function readDynamic(root: ObjectReader): Dynamic | undefined {
  if (!root.has('dynamic')) return undefined;
  const dynamic = DYNAMIC_WORDS.get(root.value('dynamic'));
  if (dynamic === undefined) throw shapeError(root.at('dynamic'), 'true, false or "strict"', root.value('dynamic'));
  return dynamic;
}

function readProperties(json: unknown, { path, prefix, fields }: Place): void {
  if (!isPlainObject(json)) throw shapeError(path, 'an object of field names', json);
  for (const [name, field] of Object.entries(json)) {
    const parts = name.split('.');
    for (const part of parts) checkFieldName(part, name);
    if (parts.length > MAPPING_LIMITS.depth)
      throw new CoppiceError(
        'MAPPING_FAILED',
        `limit of mapping depth [${MAPPING_LIMITS.depth}] has been exceeded due to field [${name.slice(0, 100)}]`,
      );
    for (let depth = 1; depth < parts.length; depth++)
      addField(fields, prefix + parts.slice(0, depth).join('.'), { type: 'object' });
    readField(field, { path: `${path}.${name.slice(0, 60)}`, prefix: prefix + name, fields });
  }
}

function readField(json: unknown, { path, prefix, fields }: Place): void {
  if (prefix.split('.').length > MAPPING_LIMITS.depth)
    throw new CoppiceError(
      'MAPPING_FAILED',
      `limit of mapping depth [${MAPPING_LIMITS.depth}] has been exceeded due to field [${prefix.slice(0, 100)}]`,
    );
  if (!isPlainObject(json)) throw shapeError(path, 'an object with a type or properties', json);
  const isObject = Object.hasOwn(json, 'type')
    ? json['type'] === 'object'
    : Object.hasOwn(json, 'properties') || Object.keys(json).length === 0;
  if (!isObject) return addField(fields, prefix, readLeaf(json, path, true));
  const reader = ObjectReader.open(json, path, OBJECT_KEYS);
  addField(fields, prefix, { type: 'object' });
  if (reader.has('properties'))
    readProperties(reader.value('properties'), { path: reader.at('properties'), prefix: `${prefix}.`, fields });
}

function addField(fields: Map<string, FieldMapping>, path: string, field: FieldMapping): void {
  const existing = fields.get(path);
  if (existing !== undefined && !(existing.type === 'object' && field.type === 'object')) {
    throw new CoppiceError('MAPPING_FAILED', `field [${path}] is mapped twice`);
  }
  fields.set(path, field);
}

function readLeaf(
  json: unknown,
  path: string,
  withFields: boolean,
): LeafMapping & { fields?: Record<string, LeafMapping> } {
  const type = readType(json, path);
  const known = [
    'type',
    ...(withFields ? ['fields'] : []),
    ...(type === 'keyword' ? ['ignore_above'] : []),
    ...(engineType(type) === 'date' ? ['format'] : []),
    ...(type === 'text' ? TEXT_KEYS : ['null_value']),
  ];
  const reader = ObjectReader.open(json, path, { known, later: LEAF_LATER });
  checkFormat(reader);
  const fields = reader.has('fields') ? readSubFields(reader.value('fields'), reader.at('fields')) : undefined;
  return compact({
    type,
    ignoreAbove: reader.integer('ignore_above', { min: 1 }),
    nullValue: readNullValue(reader, type),
    ...readTextOptions(reader),
    fields,
  });
}

function readTextOptions(reader: ObjectReader): Omit<LeafMapping, 'type'> {
  const analyzer = reader.name('analyzer');
  const searchAnalyzer = reader.name('search_analyzer');
  if (searchAnalyzer !== undefined && analyzer === undefined)
    throw pathError(reader.at('search_analyzer'), 'needs [analyzer] beside it', '[analyzer] and [search_analyzer]');
  return compact({
    analyzer,
    searchAnalyzer,
    indexOptions: reader.word('index_options', INDEX_OPTIONS),
    positionIncrementGap: reader.integer('position_increment_gap', { min: 0, max: MAX_POSITION_GAP }),
  });
}

/** A null value must be one that a document could have. */
function readNullValue(reader: ObjectReader, type: DeclaredType): Scalar | undefined {
  const value = reader.scalar('null_value');
  if (value === undefined) return undefined;
  if ((documentValue(type, value) ?? null) === null)
    throw shapeError(reader.at('null_value'), `a value of the type [${type}]`, value);
  return value;
}

function readSubFields(json: unknown, path: string): Record<string, LeafMapping> | undefined {
  if (!isPlainObject(json)) throw shapeError(path, 'an object of sub-field names', json);
  const entries = Object.entries(json).map(([name, leaf]): [string, LeafMapping] => {
    checkFieldName(name, name);
    if (name.includes('.'))
      throw new CoppiceError('MAPPING_FAILED', `sub-field name [${name.slice(0, 100)}] cannot have a dot`);
    return [name, readLeaf(leaf, `${path}.${name}`, false)];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function readType(json: unknown, path: string): DeclaredType {
  const type = isPlainObject(json) && Object.hasOwn(json, 'type') ? json['type'] : undefined;
  if (typeof type !== 'string') throw shapeError(`${path}.type`, 'the name of a type', type);
  if (isDeclaredType(type)) return type;
  const known = [...Object.keys(FIELD_TYPES), 'object'];
  throw new CoppiceError(
    'MAPPING_FAILED',
    unknownNameError({ path, what: 'type', name: type }, { known, later: LATER_TYPES }).message,
    { details: { path: `${path}.type`, expected: `one of [${known.join(', ')}]` } },
  );
}

function checkFormat(reader: ObjectReader): void {
  const format = reader.string('format');
  const unknown = format
    ?.split('||')
    .find((part) => !['strict_date_optional_time', 'date_optional_time', 'epoch_millis'].includes(part));
  if (unknown !== undefined) throw shapeError(reader.at('format'), `"${DATE_FORMAT}"`, format);
}

function propertiesJson(mappings: Mappings, prefix: string): Record<string, unknown> {
  const here = Object.entries(mappings.fields).filter(
    ([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'),
  );
  return Object.fromEntries(here.map(([path, field]) => [path.slice(prefix.length), fieldJson(mappings, path, field)]));
}

function fieldJson(mappings: Mappings, path: string, field: FieldMapping): Record<string, unknown> {
  if (field.type === 'object') return { properties: propertiesJson(mappings, `${path}.`) };
  const fields =
    field.fields === undefined
      ? undefined
      : Object.fromEntries(Object.entries(field.fields).map(([name, leaf]) => [name, leafJson(leaf)]));
  return compact({ ...leafJson(field), fields });
}

function leafJson(leaf: LeafMapping): Record<string, unknown> {
  const parameters = LEAF_PARAMETERS.map(([name, key]): [string, unknown] => [name, leaf[key]]);
  return compact({ type: leaf.type, ...Object.fromEntries(parameters) });
}
