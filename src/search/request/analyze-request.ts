/** The body of `analyze`: texts, and the analyzer to look at, as Elasticsearch's `_analyze` takes them. */
import { ANALYZE_LIMITS } from '../../engine/analysis/analyze-text.ts';
import { ObjectReader } from '../object-reader.ts';
import { asList, compact, elementPath, isPlainObject, nameAt, pathError, shapeError, stringAt } from '../shape.ts';

/** A part of a chain: a name, or a definition of its own. */
export type ChainPart = string | Readonly<Record<string, unknown>>;

/** Which analyzer to use. */
export type AnalyzerChoice =
  /** That of fields that name none. */
  | { readonly kind: 'default' }
  | { readonly kind: 'named'; readonly name: string }
  /** That of a field's documents. */
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'normalizer'; readonly name: string }
  | {
      readonly kind: 'custom';
      readonly tokenizer: ChainPart;
      readonly filter: readonly ChainPart[];
      readonly charFilter: readonly ChainPart[];
    };

/** Texts to analyse. */
export type AnalyzeRequest = {
  readonly texts: readonly string[];
  readonly choice: AnalyzerChoice;
  /** Whether to show what each part of the analyzer makes of the texts. */
  readonly explains: boolean;
};

const KEYS = ['text', 'analyzer', 'field', 'tokenizer', 'filter', 'char_filter', 'normalizer', 'explain'];
const MAX_TEXTS = 1000;

/**
 * Reads the body of `analyze`.
 *
 * @throws CoppiceError `PARSING_FAILED` that names the path at fault.
 */
export function parseAnalyze(body: unknown): AnalyzeRequest {
  const reader = ObjectReader.open(body, '', { known: KEYS, later: ['attributes'] });
  return { texts: readTexts(reader), choice: readChoice(reader), explains: reader.boolean('explain') ?? false };
}

function readTexts(reader: ObjectReader): readonly string[] {
  const value = reader.required('text', 'a text or a list of texts');
  const list = asList(value);
  if (list.length === 0 || list.length > MAX_TEXTS) throw shapeError('text', `1 to ${MAX_TEXTS} texts`, value);
  const texts = list.map((text, i) => stringAt(text, Array.isArray(value) ? elementPath('text', i) : 'text', 'a text'));
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length <= ANALYZE_LIMITS.textLength) return texts;
  const expected = `at most ${ANALYZE_LIMITS.textLength} characters`;
  throw pathError('text', `${length} characters, ${expected} are allowed`, expected);
}

function readChoice(reader: ObjectReader): AnalyzerChoice {
  const given = ['analyzer', 'field', 'normalizer', 'tokenizer'].filter((key) => reader.has(key));
  if (given.length > 1)
    throw pathError(
      '',
      `takes one of [${given.join('], [')}]`,
      'one of [analyzer], [field], [normalizer], [tokenizer]',
    );
  const hasFilters = reader.has('filter') || reader.has('char_filter');
  if (hasFilters && given.length > 0 && !reader.has('tokenizer'))
    throw pathError('', `[${given[0] ?? ''}] takes no filters of the request`, '[tokenizer] beside [filter]');
  if (reader.has('tokenizer') || hasFilters) return readChain(reader);
  const [analyzer, field, normalizer] = [reader.name('analyzer'), reader.name('field'), reader.name('normalizer')];
  if (analyzer !== undefined) return { kind: 'named', name: analyzer };
  if (field !== undefined) return { kind: 'field', field };
  return normalizer === undefined ? { kind: 'default' } : { kind: 'normalizer', name: normalizer };
}

/** Filters without a tokenizer work on the whole text. */
function readChain(reader: ObjectReader): AnalyzerChoice {
  return compact({
    kind: 'custom' as const,
    tokenizer: partAt(reader.value('tokenizer') ?? 'keyword', 'tokenizer'),
    filter: partsAt(reader, 'filter'),
    charFilter: partsAt(reader, 'char_filter'),
  });
}

function partsAt(reader: ObjectReader, key: string): readonly ChainPart[] {
  return reader.has(key) ? asList(reader.value(key)).map((part, i) => partAt(part, elementPath(key, i))) : [];
}

function partAt(value: unknown, path: string): ChainPart {
  return isPlainObject(value) ? value : nameAt(value, path, 'a name or a definition');
}
