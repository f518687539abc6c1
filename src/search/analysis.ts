/** The analysis settings of an index: how they are read, checked and kept. The engine gives them their meaning. */

import type { AnalysisSettings } from '../engine/analysis/analyzer.ts';
import { createAnalyzers, type IndexAnalyzers } from '../engine/analysis/analyzers.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import { leavesOf, type Mappings } from './mapping.ts';
import { isPlainObject, pathError, shapeError } from './shape.ts';

/** Analysers are made once for each settings object; records are values and live as long as they are in force. */
const made = new WeakMap<AnalysisSettings, IndexAnalyzers>();
const BUILT_IN = createAnalyzers();

/**
 * The analyzers of an index.
 *
 * @throws CoppiceError `BAD_REQUEST` if the settings are not understood.
 */
export function analyzersOf(analysis: AnalysisSettings | undefined): IndexAnalyzers {
  if (analysis === undefined) return BUILT_IN;
  const known = made.get(analysis);
  if (known !== undefined) return known;
  const analyzers = createAnalyzers(analysis);
  made.set(analysis, analyzers);
  return analyzers;
}

/**
 * Reads `analysis` settings, nested or with dots in their keys (`analyzer.default.type`).
 *
 * @throws CoppiceError `PARSING_FAILED` for a wrong shape, `BAD_REQUEST` if the settings are not understood.
 */
export function readAnalysis(value: unknown, path: string): AnalysisSettings {
  if (!isPlainObject(value)) throw shapeError(path, 'an object of analysis settings', value);
  const settings: AnalysisSettings = nested(value);
  try {
    analyzersOf(settings);
  } catch (error) {
    if (!isCoppiceError(error, 'BAD_REQUEST')) throw error;
    throw pathError(path, error.message, 'analysis settings', 'BAD_REQUEST');
  }
  return settings;
}

/**
 * Checks that every analyzer that the fields name is there.
 *
 * @throws CoppiceError `MAPPING_FAILED` naming the field, with a suggestion.
 */
export function checkAnalyzers(mappings: Mappings, analyzers: IndexAnalyzers): void {
  for (const [path, { analyzer, searchAnalyzer }] of leavesOf(mappings)) {
    for (const name of [analyzer, searchAnalyzer]) {
      if (name === undefined || analyzers.has(name)) continue;
      try {
        analyzers.get(name);
      } catch (error) {
        if (!isCoppiceError(error)) throw error;
        throw new CoppiceError('MAPPING_FAILED', `failed to parse mapping of [${path}]: ${error.message}`);
      }
    }
  }
}

/** Takes dotted keys apart: `{"a.b": 1}` becomes `{"a": {"b": 1}}`. */
function nested(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result = new Map<string, unknown>();
  for (const [key, value] of Object.entries(object)) {
    const dot = key.indexOf('.');
    if (dot <= 0) result.set(key, merged(result.get(key), value));
    else result.set(key.slice(0, dot), merged(result.get(key.slice(0, dot)), nested({ [key.slice(dot + 1)]: value })));
  }
  return Object.fromEntries(result);
}

function merged(before: unknown, after: unknown): unknown {
  if (!isPlainObject(before) || !isPlainObject(after)) return after;
  const entries = Object.entries(after).map(([key, value]): [string, unknown] => [key, merged(before[key], value)]);
  return { ...before, ...Object.fromEntries(entries) };
}
