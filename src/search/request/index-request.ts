/** Bodies of `index-create` and `index-update`: settings and mappings of an index. */
import { CoppiceError } from '../../errors.ts';
import { EMPTY_MAPPINGS, type Mappings } from '../mapping.ts';
import { ObjectReader } from '../object-reader.ts';
import { mappingToJson, parseMappings } from '../parse-mappings.ts';
import { childPath, compact, integerAt, isPlainObject, pathError, shapeError, unknownNameError } from '../shape.ts';
import { readTimeoutMs } from './common.ts';

/** What the actor is given of an index's settings: its first mappings, as Elasticsearch's JSON. */
export type SearchSettings = { readonly mappings?: unknown };

/** A new index. `replicas` counts the copies beside the primary. */
export type IndexCreate = {
  readonly shards: number;
  readonly replicas: number;
  readonly mappings: Mappings;
  readonly timeoutMs?: number;
};

/** A change to an index. */
export type IndexUpdate = { readonly replicas?: number; readonly mappings?: Mappings; readonly timeoutMs?: number };

/** Bounds and defaults of an index's settings. */
export const INDEX_SETTINGS = {
  shards: { min: 1, max: 1024, default: 1 },
  replicas: { min: 0, max: 9, default: 1 },
} as const;

type Setting = keyof typeof INDEX_SETTINGS;

const SETTING_NAMES: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ['shards', 'shards'],
  ['number_of_shards', 'shards'],
  ['replicas', 'replicas'],
  ['number_of_replicas', 'replicas'],
]);
const LATER_SETTINGS = [
  'analysis',
  'auto_expand_replicas',
  'blocks',
  'codec',
  'default_pipeline',
  'final_pipeline',
  'hidden',
  'lifecycle',
  'mapping',
  'max_inner_result_window',
  'max_ngram_diff',
  'max_result_window',
  'query',
  'refresh_interval',
  'routing',
  'routing_partition_size',
  'search',
  'similarity',
  'soft_deletes',
  'sort',
  'store',
  'translog',
  'number_of_routing_shards',
];

/**
 * Reads the body of `index-create`; an empty one is an index of the defaults.
 *
 * @throws CoppiceError `PARSING_FAILED`, or `MAPPING_FAILED`.
 */
export function parseIndexCreate(body: unknown): IndexCreate {
  const reader = ObjectReader.open(body ?? {}, '', {
    known: ['settings', 'mappings', 'timeout'],
    later: ['aliases', 'wait_for_active_shards', 'master_timeout'],
  });
  const settings = reader.has('settings')
    ? readSettings(reader.value('settings'), 'settings')
    : new Map<Setting, number>();
  return compact({
    shards: settings.get('shards') ?? INDEX_SETTINGS.shards.default,
    replicas: settings.get('replicas') ?? INDEX_SETTINGS.replicas.default,
    mappings: reader.has('mappings') ? parseMappings(reader.value('mappings'), 'mappings') : EMPTY_MAPPINGS,
    timeoutMs: readTimeoutMs(reader),
  });
}

/**
 * Reads the body of `index-update`: new fields, or another number of replicas. `properties` may stand at the top, as in
 * Elasticsearch's put-mapping.
 *
 * @throws CoppiceError `PARSING_FAILED` or `MAPPING_FAILED`; `BAD_REQUEST` for a setting that is fixed at creation.
 */
export function parseIndexUpdate(body: unknown): IndexUpdate {
  const reader = ObjectReader.open(body, '', {
    known: ['settings', 'mappings', 'properties', 'timeout'],
    later: ['aliases', 'dynamic', 'master_timeout'],
  });
  if (reader.has('mappings') && reader.has('properties'))
    throw pathError('properties', 'expected [mappings] or [properties], got both', '[mappings] or [properties]');
  const settings = reader.has('settings')
    ? readSettings(reader.value('settings'), 'settings')
    : new Map<Setting, number>();
  if (settings.has('shards'))
    throw new CoppiceError('BAD_REQUEST', "settings: can't update non dynamic settings [number_of_shards]");
  return compact({
    replicas: settings.get('replicas'),
    mappings: readMappings(reader),
    timeoutMs: readTimeoutMs(reader),
  });
}

/** The settings that the actor of an index is created with. */
export function searchSettings(create: IndexCreate): SearchSettings {
  return { mappings: mappingToJson(create.mappings) };
}

function readMappings(reader: ObjectReader): Mappings | undefined {
  if (reader.has('mappings')) return parseMappings(reader.value('mappings'), 'mappings');
  return reader.has('properties') ? parseMappings({ properties: reader.value('properties') }, '') : undefined;
}

/** Reads settings, plain, dotted (`index.number_of_shards`), or inside `index`. */
function readSettings(value: unknown, path: string): ReadonlyMap<Setting, number> {
  if (!isPlainObject(value)) throw shapeError(path, 'an object of settings', value);
  const settings = new Map<Setting, number>();
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'index')
      for (const [name, number] of readSettings(inner, childPath(path, key))) setOnce(settings, name, number, path);
    else {
      const name = settingName(key, path);
      setOnce(settings, name, integerAt(inner, childPath(path, key), INDEX_SETTINGS[name]), path);
    }
  }
  return settings;
}

function settingName(key: string, path: string): Setting {
  const plain = key.startsWith('index.') ? key.slice('index.'.length) : key;
  const name = SETTING_NAMES.get(plain);
  if (name !== undefined) return name;
  const later = LATER_SETTINGS.find((known) => plain === known || plain.startsWith(`${known}.`));
  throw unknownNameError(
    { path, what: 'setting', name: later ?? plain },
    { known: [...SETTING_NAMES.keys()], later: LATER_SETTINGS },
  );
}

function setOnce(settings: Map<Setting, number>, name: Setting, number: number, path: string): void {
  if (settings.has(name)) throw pathError(path, `setting [${name}] is given twice`, 'each setting once');
  settings.set(name, number);
}
