/** The analyzers of an index by name: those that are built in, and those that its settings put together. */
import type { AnalysisSettings, Analyzer, Analyzers } from './analyzer.ts';
import { type ChainedAnalyzer, chainAnalyzer } from './chain/chain-analyzer.ts';
import { ANALYZER_TYPES, LATER_ANALYZERS } from './settings/analyzer-types.ts';
import { type ChainDefinition, ChainSettings, checkedDefinitions } from './settings/chain-settings.ts';
import { ANALYSIS_LIMITS, isOptions, settingsError, suggestion } from './settings/option-reader.ts';

const KEYS = ['analyzer', 'tokenizer', 'filter', 'char_filter', 'normalizer'];

/** Name of the analyzer of fields that name none, unless the settings define one that is called `default`. */
const STANDARD = 'standard';

/** The analyzers of an index, and chains of its parts. */
export interface IndexAnalyzers extends Analyzers {
  get(name: string): ChainedAnalyzer;
  /** Whether there is an analyzer of this name. */
  has(name: string): boolean;
  /** Name of the analyzer of fields that name none. */
  readonly defaultName: string;
  /**
   * An analyzer that is put together for one text; parts are given by name or definition.
   *
   * @throws CoppiceError `BAD_REQUEST`.
   */
  custom(definition: ChainDefinition): ChainedAnalyzer;
  /**
   * What becomes of the values of a keyword field with this normalizer.
   *
   * @throws CoppiceError `BAD_REQUEST` with a suggestion if there is none of this name.
   */
  normalizer(name: string): (value: string) => string;
}

/**
 * The analyzers of an index.
 *
 * @param settings Of the shape of Elasticsearch's `analysis`.
 * @throws CoppiceError `BAD_REQUEST` naming what is not understood, be it used or not.
 */
export function createAnalyzers(settings: AnalysisSettings = {}): IndexAnalyzers {
  if (!isOptions(settings)) throw settingsError('analysis must be an object');
  checkKeys(settings);
  if (JSON.stringify(settings).length > ANALYSIS_LIMITS.totalLength)
    throw settingsError(`analysis settings are longer than ${ANALYSIS_LIMITS.totalLength} characters`);
  return new NamedAnalyzers(settings);
}

class NamedAnalyzers implements IndexAnalyzers {
  readonly #settings: ChainSettings;
  readonly #analyzers = new Map<string, ChainedAnalyzer>();
  readonly #normalizers = new Map<string, Analyzer>();

  constructor(settings: AnalysisSettings) {
    this.#settings = new ChainSettings(settings);
    for (const [name, definition] of Object.entries(checkedDefinitions(settings.analyzer, 'analyzer')))
      this.#analyzers.set(name, chainAnalyzer(name, this.#settings.analyzer(name, definition)));
    for (const [name, definition] of Object.entries(checkedDefinitions(settings.normalizer, 'normalizer')))
      this.#normalizers.set(name, chainAnalyzer(name, this.#settings.normalizer(name, definition)));
    if (!this.#normalizers.has('lowercase'))
      this.#normalizers.set(
        'lowercase',
        chainAnalyzer('lowercase', this.#settings.normalizer('lowercase', { filter: ['lowercase'] })),
      );
  }

  get names(): readonly string[] {
    return [...new Set([...this.#analyzers.keys(), ...ANALYZER_TYPES.keys()])];
  }

  get defaultName(): string {
    return this.#analyzers.has('default') ? 'default' : STANDARD;
  }

  has(name: string): boolean {
    return this.#analyzers.has(name) || ANALYZER_TYPES.has(name);
  }

  get(name: string): ChainedAnalyzer {
    const known = this.#analyzers.get(name);
    if (known !== undefined) return known;
    if (!ANALYZER_TYPES.has(name)) {
      const hint = LATER_ANALYZERS.includes(name)
        ? ' is not supported by this version'
        : ` is not known${suggestion(name, this.names)}`;
      throw settingsError(`analyzer [${name}]${hint}`);
    }
    const analyzer = chainAnalyzer(name, this.#settings.analyzer(name, { type: name }));
    this.#analyzers.set(name, analyzer);
    return analyzer;
  }

  custom(definition: ChainDefinition): ChainedAnalyzer {
    return chainAnalyzer('_custom_', this.#settings.chain(definition, { what: 'analyze', allowsDefinition: true }));
  }

  normalizer(name: string): (value: string) => string {
    const normalizer = this.#normalizers.get(name);
    if (normalizer === undefined)
      throw settingsError(`normalizer [${name}] is not known${suggestion(name, this.#normalizers.keys())}`);
    return (value) => normalizer.normalize(value);
  }
}

function checkKeys(settings: AnalysisSettings): void {
  const unknown = Object.keys(settings).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw settingsError(`analysis: unknown setting [${unknown}]${suggestion(unknown, KEYS)}`);
}
