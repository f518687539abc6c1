/** Bodies of `index-create` and `index-update`: settings and mappings of an index. */

import type { AnalysisSettings } from '../../engine/analysis/analyzer.ts';
import { CoppiceError } from '../../errors.ts';
import { analyzersOf, checkAnalyzers, readAnalysis } from '../analysis.ts';
import { EMPTY_MAPPINGS, type Mappings } from '../mapping.ts';
import { ObjectReader } from '../object-reader.ts';
import { mappingToJson, parseMappings } from '../parse-mappings.ts';
import { childPath, compact, integerAt, isPlainObject, pathError, shapeError, unknownNameError } from '../shape.ts';
import { readTimeoutMs } from './common.ts';

/** What the actor is given of an index's settings: its first mappings and its analysis, as Elasticsearch's JSON. */
export type SearchSettings = { readonly mappings?: unknown; readonly analysis?: unknown };

/** A new index. `replicas` counts the copies beside the primary. */
export type IndexCreate = {
  readonly shards: number;
  readonly replicas: number;
  readonly mappings: Mappings;
  readonly analysis?: AnalysisSettings;
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
  const { numbers, analysis } = readSettings(reader.value('settings') ?? {}, 'settings');
  const mappings = reader.has('mappings') ? parseMappings(reader.value('mappings'), 'mappings') : EMPTY_MAPPINGS;
  checkAnalyzers(mappings, analyzersOf(analysis));
  return compact({
    shards: numbers.get('shards') ?? INDEX_SETTINGS.shards.default,
    replicas: numbers.get('replicas') ?? INDEX_SETTINGS.replicas.default,
    mappings,
    analysis,
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
  const { numbers, analysis } = readSettings(reader.value('settings') ?? {}, 'settings');
  const fixed = numbers.has('shards') ? 'number_of_shards' : analysis === undefined ? undefined : 'analysis';
  if (fixed !== undefined)
    throw new CoppiceError('BAD_REQUEST', `settings: can't update non dynamic settings [${fixed}]`);
  return compact({
    replicas: numbers.get('replicas'),
    mappings: readMappings(reader),
    timeoutMs: readTimeoutMs(reader),
  });
}

/** The settings that the actor of an index is created with. */
export function searchSettings(create: IndexCreate): SearchSettings {
  return compact({ mappings: mappingToJson(create.mappings), analysis: create.analysis });
}

function readMappings(reader: ObjectReader): Mappings | undefined {
  if (reader.has('mappings')) return parseMappings(reader.value('mappings'), 'mappings');
  return reader.has('properties') ? parseMappings({ properties: reader.value('properties') }, '') : undefined;
}

/** Settings that have been read: numbers by name, and what belongs to analysis. */
type Settings = { readonly numbers: ReadonlyMap<Setting, number>; readonly analysis: AnalysisSettings | undefined };

/** Reads settings, plain, dotted (`index.number_of_shards`), or inside `index`. */
function readSettings(value: unknown, path: string): Settings {
  const numbers = new Map<Setting, number>();
  const analysis = new Map<string, unknown>();
  collectSettings(value, path, { numbers, analysis });
  if (analysis.size === 0) return { numbers, analysis: undefined };
  return { numbers, analysis: readAnalysis(Object.fromEntries(analysis), childPath(path, 'analysis')) };
}

function collectSettings(
  value: unknown,
  path: string,
  into: { readonly numbers: Map<Setting, number>; readonly analysis: Map<string, unknown> },
): void {
  if (!isPlainObject(value)) throw shapeError(path, 'an object of settings', value);
  for (const [key, inner] of Object.entries(value)) {
    const plain = key.startsWith('index.') ? key.slice('index.'.length) : key;
    const at = childPath(path, key);
    if (key === 'index') collectSettings(inner, at, into);
    else if (plain === 'analysis') collectAnalysis(inner, at, into.analysis);
    else if (plain.startsWith('analysis.')) into.analysis.set(plain.slice('analysis.'.length), inner);
    else {
      const name = settingName(plain, path);
      setOnce(into.numbers, { name, number: integerAt(inner, at, INDEX_SETTINGS[name]), path });
    }
  }
}

function collectAnalysis(value: unknown, path: string, into: Map<string, unknown>): void {
  if (!isPlainObject(value)) throw shapeError(path, 'an object of analysis settings', value);
  for (const [key, inner] of Object.entries(value)) into.set(key, inner);
}

function settingName(plain: string, path: string): Setting {
  const name = SETTING_NAMES.get(plain);
  if (name !== undefined) return name;
  const later = LATER_SETTINGS.find((known) => plain === known || plain.startsWith(`${known}.`));
  throw unknownNameError(
    { path, what: 'setting', name: later ?? plain },
    { known: [...SETTING_NAMES.keys(), 'analysis'], later: LATER_SETTINGS },
  );
}

function setOnce(
  settings: Map<Setting, number>,
  { name, number, path }: { readonly name: Setting; readonly number: number; readonly path: string },
): void {
  if (settings.has(name)) throw pathError(path, `setting [${name}] is given twice`, 'each setting once');
  settings.set(name, number);
}
