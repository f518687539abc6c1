/** Checks the functions of a function score against the schema and their own ranges. */
import { CoppiceError } from '../../errors.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { ScoreFunction } from './query.ts';

/** Throws CoppiceError `BAD_REQUEST` if a function cannot be worked out. */
export function checkFunction(view: ShardView, scoreFunction: ScoreFunction): void {
  const { weight } = scoreFunction;
  if (weight !== undefined && !(weight >= 0)) throw bad(`weight of a function expects 0 or more, got ${weight}`);
  if (scoreFunction.kind === 'fieldValueFactor') checkField(view, scoreFunction.field);
  if (scoreFunction.kind !== 'decay') return;
  const { field, scale, offset = 0, decay = 0.5 } = scoreFunction;
  checkField(view, field);
  if (!(scale > 0)) throw bad(`scale of decay on \`${field}\` expects more than 0, got ${scale}`);
  if (!(decay > 0 && decay < 1)) throw bad(`decay on \`${field}\` expects a number between 0 and 1, got ${decay}`);
  if (!(offset >= 0)) throw bad(`offset of decay on \`${field}\` expects 0 or more, got ${offset}`);
}

/** A field that the schema lacks is one that no document has: a shard may not have met it yet. */
function checkField(view: ShardView, field: string): void {
  const type = view.fields.get(field)?.type;
  if (type === 'text' || type === 'keyword')
    throw bad(`field \`${field}\` of type ${type} has no numbers for a function`);
}

function bad(message: string): CoppiceError {
  return new CoppiceError('BAD_REQUEST', message);
}
