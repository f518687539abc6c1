/** What one copy of a search shard holds: an engine, the mappings its records brought, and the latest deletes. */

import type { ActorFiles, InitContext } from '../actor/definition.ts';
import type { AnalysisSettings } from '../engine/analysis/analyzer.ts';
import type { IndexAnalyzers } from '../engine/analysis/analyzers.ts';
import { createMemoryStore, openEngine, type Schema, type ShardEngine, type Store } from '../engine/index.ts';
import { CoppiceError } from '../errors.ts';
import { analyzersOf, checkAnalyzers, readAnalysis } from './analysis.ts';
import { EMPTY_MAPPINGS, type Mappings, mergeMappings, schemaOf } from './mapping.ts';
import { parseMappings } from './parse-mappings.ts';
import { type SearchSettings } from './request/index-request.ts';
import { isPlainObject } from './shape.ts';

/** The document that all shards of an index share. */
export type SearchShared = { readonly mappings: Mappings };

/** A delete that is still remembered, so that versions go on where they stopped. */
export type Tombstone = { readonly version: number };

/** Deletes remembered per shard; counted, not timed, so that every copy forgets alike. */
export const MAX_TOMBSTONES = 1024;

/** State of one shard's copy. */
export class SearchState {
  readonly engine: ShardEngine;
  /** Where the engine keeps its files. */
  readonly store: Store;
  /** Whether that is the copy's own place on a disk. */
  readonly keepsFiles: boolean;
  readonly #tombstones = new Map<string, Tombstone>();
  readonly #analyzers: IndexAnalyzers;
  #mappings: Mappings;
  #nowMs: () => number = () => 0;

  /**
   * @param kept Where the engine keeps its files, if not in memory, with what a checkpoint kept there; and the latest
   *   deletes, oldest first.
   */
  constructor(
    mappings: Mappings,
    analysis: AnalysisSettings = {},
    kept?: {
      readonly store: Store;
      readonly tombstones: readonly (readonly [string, Tombstone])[];
      readonly keepsFiles?: boolean;
    },
  ) {
    this.#mappings = mappings;
    this.store = kept?.store ?? createMemoryStore();
    this.keepsFiles = kept?.keepsFiles ?? false;
    for (const [id, tombstone] of kept?.tombstones ?? []) this.bury(id, tombstone);
    this.#analyzers = analyzersOf(analysis);
    this.engine = openEngine({
      store: this.store,
      schema: this.#schemaOf(mappings),
      analysis,
      analyzers: this.#analyzers,
      nowMs: () => this.#nowMs(),
    });
  }

  /** The analyzers of the index. */
  get analyzers(): IndexAnalyzers {
    return this.#analyzers;
  }

  /** Mappings as far as the log has told them; they are a part of the shared ones. */
  get mappings(): Mappings {
    return this.#mappings;
  }

  /** Takes over mappings made of the present ones by `mergeMappings`. */
  adoptMappings(mappings: Mappings): void {
    if (mappings === this.#mappings) return;
    this.engine.addFields(this.#schemaOf(mappings));
    this.#mappings = mappings;
  }

  /** Runs a search with a clock in milliseconds, by which it is profiled. */
  withClock<Found>(nowMs: (() => number) | undefined, search: () => Found): Found {
    if (nowMs === undefined) return search();
    const before = this.#nowMs;
    this.#nowMs = nowMs;
    try {
      return search();
    } finally {
      this.#nowMs = before;
    }
  }

  /** Deletes that are remembered, oldest first. */
  tombstones(): readonly (readonly [string, Tombstone])[] {
    return [...this.#tombstones];
  }

  tombstone(id: string): Tombstone | undefined {
    return this.#tombstones.get(id);
  }

  /** Remembers a delete, and forgets the oldest one of too many. */
  bury(id: string, tombstone: Tombstone): void {
    this.#tombstones.delete(id);
    this.#tombstones.set(id, tombstone);
    const oldest = this.#tombstones.keys().next();
    if (this.#tombstones.size > MAX_TOMBSTONES && oldest.done !== true) this.#tombstones.delete(oldest.value);
  }

  /** Forgets a delete, since the document is back. */
  unbury(id: string): void {
    this.#tombstones.delete(id);
  }

  #schemaOf(mappings: Mappings): Schema {
    const { defaultName } = this.#analyzers;
    return schemaOf(mappings, defaultName === 'standard' ? undefined : defaultName);
  }
}

/** An empty state, with its files where the copy has them. */
export function initialState({ settings, files }: Pick<InitContext, 'settings' | 'files'>): SearchState {
  const kept = files === undefined ? undefined : { store: storeOf(files), tombstones: [], keepsFiles: true };
  return new SearchState(initialMappings(settings), initialAnalysis(settings), kept);
}

/** The files of a copy as the engine has them. Nobody else uses them, so there is nothing to lock. */
export function storeOf(files: ActorFiles): Store {
  return {
    lock: () => () => {},
    create: (name) => files.create(name),
    open: (name) => files.open(name),
    names: () => files.names(),
    remove: (name) => files.remove(name),
    sync: (names) => files.sync(names),
  };
}

/**
 * The first mappings of an index, from its settings (`SearchSettings`).
 *
 * @throws CoppiceError `BAD_REQUEST`, `PARSING_FAILED` or `MAPPING_FAILED` if the settings are none of a search index.
 */
export function initialMappings(settings: unknown): Mappings {
  const { mappings } = settingsOf(settings);
  if (mappings === undefined) return EMPTY_MAPPINGS;
  const parsed = parseMappings(mappings, 'mappings');
  checkAnalyzers(parsed, analyzersOf(initialAnalysis(settings)));
  return parsed;
}

/**
 * The analysis settings of an index.
 *
 * @throws CoppiceError `BAD_REQUEST` or `PARSING_FAILED` if the settings are none of a search index.
 */
export function initialAnalysis(settings: unknown): AnalysisSettings | undefined {
  const { analysis } = settingsOf(settings);
  return analysis === undefined ? undefined : readAnalysis(analysis, 'analysis');
}

function settingsOf(settings: unknown): SearchSettings {
  if (settings === undefined || settings === null) return {};
  if (!isPlainObject(settings))
    throw new CoppiceError('BAD_REQUEST', 'the settings of a search index must be an object');
  return settings;
}

/** Adds mappings to those of a state, without changing it. */
export function withMappings(state: SearchState, addition: Mappings | undefined): Mappings {
  return addition === undefined ? state.mappings : mergeMappings(state.mappings, addition);
}
