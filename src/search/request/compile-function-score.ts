/** `function_score` with its functions bound to fields: origins and scales as numbers, or as milliseconds for dates. */
import type { Query, ScoreFunction } from '../../engine/query/query.ts';
import { CoppiceError } from '../../errors.ts';
import { engineType } from '../field-types.ts';
import { leafAt } from '../mapping.ts';
import { asNumber, compact, describe, type Scalar } from '../shape.ts';
import { type Binding, type BoundField, unsupported } from './binding.ts';
import { durationMs } from './common.ts';
import { dateOrValue } from './compile-values.ts';
import type { FunctionNode, QueryNode } from './query-node.ts';

type FunctionOf<Kind extends FunctionNode['kind']> = Extract<FunctionNode, { kind: Kind }>;

/** Compiles a function score. */
export function compileFunctionScore(
  node: Extract<QueryNode, { kind: 'functionScore' }>,
  binding: Binding,
  inner: (child: QueryNode) => Query,
): Query {
  const { scoreMode, boostMode, maxBoost, minScore } = node;
  const functions = node.functions.map((one): ScoreFunction => {
    const { filter, weight } = one;
    return compact({
      ...compileFunction(one, binding),
      filter: filter === undefined ? undefined : inner(filter),
      weight,
    });
  });
  const query = inner(node.query);
  return compact({ kind: 'functionScore' as const, query, functions, scoreMode, boostMode, maxBoost, minScore });
}

function compileFunction(node: FunctionNode, binding: Binding): ScoreFunction {
  switch (node.kind) {
    case 'weight':
      return { kind: 'weight' };
    case 'fieldValueFactor':
      return fieldValueFactor(node, binding);
    case 'decay':
      return decay(node, binding);
    case 'random':
      return { kind: 'random', seed: node.seed ?? binding.nowMs ?? 0 };
  }
}

function fieldValueFactor(node: FunctionOf<'fieldValueFactor'>, binding: Binding): ScoreFunction {
  const { field, factor, modifier, missing } = node;
  boundTo(field, binding);
  return compact({ kind: 'fieldValueFactor' as const, field, factor, modifier, missing });
}

function decay(node: FunctionOf<'decay'>, binding: Binding): ScoreFunction {
  const { shape, field, origin, scale, offset, multiValueMode } = node;
  const bound = boundTo(field, binding);
  // No document of this shard has the field, so it does not matter how far from the origin it is.
  if (bound === undefined) return { kind: 'decay', shape, field, origin: 0, scale: 1 };
  const scaleBy = lengthOf(bound, scale);
  if (scaleBy <= 0)
    throw new CoppiceError('BAD_REQUEST', `decay of field [${field}]: [scale] must be more than 0, got [${scale}]`);
  return compact({
    kind: 'decay' as const,
    shape,
    field,
    origin: originOf(bound, origin, binding),
    scale: scaleBy,
    offset: offset === undefined ? undefined : lengthOf(bound, offset),
    decay: node.decay,
    multiValueMode,
  });
}

function originOf(bound: BoundField, origin: Scalar | undefined, binding: Binding): number {
  const isDate = engineType(bound.leaf.type) === 'date';
  if (origin === undefined && !isDate)
    throw new CoppiceError('BAD_REQUEST', `decay of field [${bound.field}]: [origin] is missing`);
  return Number(dateOrValue(bound, origin ?? 'now', binding));
}

/** A distance: a number; of a date a duration, or milliseconds. */
function lengthOf({ field, leaf }: BoundField, value: Scalar): number {
  const isDate = engineType(leaf.type) === 'date';
  const length = isDate ? durationMs(value) : asNumber(value);
  if (length !== undefined && length >= 0) return length;
  const expected = isDate ? 'a duration such as "10d"' : 'a number of at least 0';
  throw new CoppiceError('BAD_REQUEST', `decay of field [${field}]: expected ${expected}, got ${describe(value)}`);
}

/** A field with numbers; undefined if this shard has not seen it. */
function boundTo(field: string, { mappings, isWhole }: Binding): BoundField | undefined {
  const leaf = leafAt(mappings, field);
  if (leaf === undefined) {
    if (isWhole === true)
      throw new CoppiceError('BAD_REQUEST', `unable to find a field mapper for field [${field.slice(0, 100)}]`);
    return undefined;
  }
  const type = engineType(leaf.type);
  if (type === 'text' || type === 'keyword' || type === 'boolean') throw unsupported({ field, leaf }, 'function score');
  return { field, leaf };
}
