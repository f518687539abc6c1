/** `function_score`: a query whose score is multiplied by, or joined with, what functions say of a document. */
import { ObjectReader } from '../object-reader.ts';
import { compact, elementPath, isPlainObject, pathError, type Scalar, scalarAt, shapeError } from '../shape.ts';
import type { FunctionNode, QueryNode } from './query-node.ts';
import { QUERY_LIMITS } from './query-node.ts';
import { COMMON_KEYS, readCommon, readFieldName, singleField } from './query-options.ts';

/** Reads a query inside another. */
export type ParseInner = (value: unknown, path: string) => QueryNode;

const DECAYS = ['gauss', 'exp', 'linear'] as const;
const FUNCTIONS = ['weight', 'field_value_factor', 'random_score', ...DECAYS];
const LATER = ['script_score'];
const SCORE_MODES = ['multiply', 'sum', 'avg', 'first', 'max', 'min'] as const;
const BOOST_MODES = ['multiply', 'replace', 'sum', 'avg', 'max', 'min'] as const;
const MODIFIERS = ['none', 'log', 'log1p', 'log2p', 'ln', 'ln1p', 'ln2p', 'square', 'sqrt', 'reciprocal'] as const;
const VALUE_MODES = ['min', 'max', 'avg', 'sum'] as const;
/** Scores are single-precision numbers. */
const MAX_SCORE = 1e30;

/** `{"function_score":{"query":…,"functions":[{"filter":…,"weight":2}]}}`, or one function beside the query. */
export function parseFunctionScore(body: unknown, path: string, parseInner: ParseInner): QueryNode {
  const known = ['query', 'functions', 'score_mode', 'boost_mode', 'max_boost', 'min_score'];
  const reader = ObjectReader.open(body, path, { known: [...known, ...FUNCTIONS, ...COMMON_KEYS], later: LATER });
  return compact({
    kind: 'functionScore' as const,
    query: reader.has('query') ? parseInner(reader.value('query'), reader.at('query')) : { kind: 'matchAll' as const },
    functions: readFunctions(reader, parseInner),
    scoreMode: reader.word('score_mode', SCORE_MODES),
    boostMode: reader.word('boost_mode', BOOST_MODES),
    maxBoost: reader.number('max_boost', { min: 0, max: MAX_SCORE }),
    minScore: reader.number('min_score', { min: -MAX_SCORE, max: MAX_SCORE }),
    ...readCommon(reader),
  });
}

function readFunctions(reader: ObjectReader, parseInner: ParseInner): readonly FunctionNode[] {
  const own = FUNCTIONS.some((name) => reader.has(name));
  if (!reader.has('functions')) return own ? [readFunction(reader)] : [];
  if (own) throw pathError(reader.at('functions'), 'takes a function or [functions], not both', 'a list of functions');
  const functions = reader.value('functions');
  if (!Array.isArray(functions) || functions.length > QUERY_LIMITS.clauses)
    throw shapeError(reader.at('functions'), `a list of at most ${QUERY_LIMITS.clauses} functions`, functions);
  return functions.map((one: unknown, index) => {
    const path = elementPath(reader.at('functions'), index);
    const inner = ObjectReader.open(one, path, { known: ['filter', ...FUNCTIONS], later: LATER });
    const filter = inner.has('filter') ? parseInner(inner.value('filter'), inner.at('filter')) : undefined;
    return compact({ ...readFunction(inner), filter });
  });
}

function readFunction(reader: ObjectReader): FunctionNode {
  const names = FUNCTIONS.filter((name) => name !== 'weight' && reader.has(name));
  if (names.length > 1)
    throw pathError(reader.path, `takes one function, got [${names.join('] and [')}]`, 'one function');
  const weight = reader.number('weight', { min: 0, max: MAX_SCORE });
  const [name] = names;
  if (name === undefined && weight === undefined)
    throw pathError(reader.path, 'a function is missing', `one of [${FUNCTIONS.join(', ')}]`);
  const decay = DECAYS.find((shape) => shape === name);
  const at = reader.at(name ?? 'weight');
  if (decay !== undefined) return compact({ ...readDecay(reader.value(decay), at, decay), weight });
  if (name === 'field_value_factor') return compact({ ...readFactor(reader.value(name), at), weight });
  if (name === 'random_score') return compact({ ...readRandom(reader.value(name), at), weight });
  return compact({ kind: 'weight' as const, weight });
}

function readFactor(value: unknown, path: string): FunctionNode {
  const reader = ObjectReader.open(value, path, { known: ['field', 'factor', 'modifier', 'missing'] });
  return compact({
    kind: 'fieldValueFactor' as const,
    field: readFieldName(reader.required('field', 'a field name'), reader.at('field')),
    factor: reader.number('factor'),
    modifier: reader.word('modifier', MODIFIERS),
    missing: reader.number('missing'),
  });
}

/** `{"gauss":{"year":{"origin":1900,"scale":10},"multi_value_mode":"avg"}}`. */
function readDecay(value: unknown, path: string, shape: (typeof DECAYS)[number]): FunctionNode {
  if (!isPlainObject(value)) throw shapeError(path, 'an object with a field name', value);
  const { multi_value_mode: mode, ...fieldOnly } = value;
  const { field, value: options, at } = singleField(fieldOnly, path);
  const reader = ObjectReader.open(options, at, { known: ['origin', 'scale', 'offset', 'decay'] });
  return compact({
    kind: 'decay' as const,
    shape,
    field,
    origin: reader.scalar('origin'),
    scale: lengthAt(reader.required('scale', 'a number, or a duration for dates'), reader.at('scale')),
    offset: reader.has('offset') ? lengthAt(reader.value('offset'), reader.at('offset')) : undefined,
    decay: decayOf(reader),
    multiValueMode: ObjectReader.open(compact({ multi_value_mode: mode }), path, {
      known: ['multi_value_mode'],
    }).word('multi_value_mode', VALUE_MODES),
  });
}

function decayOf(reader: ObjectReader): number | undefined {
  const decay = reader.number('decay', { min: 0, max: 1 });
  if (decay === 0 || decay === 1) throw shapeError(reader.at('decay'), 'a number between 0 and 1', decay);
  return decay;
}

function lengthAt(value: unknown, path: string): Scalar {
  if (typeof value === 'boolean') throw shapeError(path, 'a number, or a duration for dates', value);
  return scalarAt(value, path);
}

function readRandom(value: unknown, path: string): FunctionNode {
  const reader = ObjectReader.open(value, path, { known: ['seed', 'field'] });
  if (reader.has('field') && reader.value('field') !== '_id')
    throw pathError(reader.at('field'), 'only [_id] is supported by this version', '"_id"');
  const seed = reader.scalar('seed');
  if (typeof seed === 'boolean') throw shapeError(reader.at('seed'), 'a number or a string', seed);
  return compact({ kind: 'random' as const, seed });
}
