/** Versions that a caller keeps itself: `version` with `version_type`, as Elasticsearch has them. */
import { CoppiceError } from '../../errors.ts';
import type { ObjectReader } from '../object-reader.ts';
import type { WriteOp } from './write-request.ts';

const VERSION_TYPES = ['internal', 'external', 'external_gt', 'external_gte'] as const;

/** Largest version that a caller may give: writes without one count on from it, exactly. */
export const MAX_EXTERNAL_VERSION = 2 ** 52;

/**
 * The version that a write gives the document. It is written only if what is there is older, or with `orEqual` as old.
 */
export type ExternalVersion = { readonly version: number; readonly orEqual: boolean };

/**
 * Reads `version` and `version_type`; undefined where there is neither, or nothing beyond the default.
 *
 * @throws CoppiceError `BAD_REQUEST` for what does not go together.
 */
export function readVersion(op: WriteOp, reader: ObjectReader, hasCondition: boolean): ExternalVersion | undefined {
  const version = reader.integer('version', { min: 0, max: MAX_EXTERNAL_VERSION });
  const type = reader.word('version_type', VERSION_TYPES) ?? 'internal';
  const refuse = (reason: string): CoppiceError =>
    new CoppiceError('BAD_REQUEST', `${reader.path === '' ? '' : `${reader.path}: `}${reason}`);
  if (type === 'internal') {
    if (version === undefined) return undefined;
    throw refuse(
      'internal versioning can not be used for optimistic concurrency control. Please use `if_seq_no` and `if_primary_term` instead',
    );
  }
  if (op === 'update') throw refuse(`update operations do not support versioning, got [${type}]. use index instead`);
  if (op === 'create')
    throw refuse(`create operations only support internal versioning, got [${type}]. use index instead`);
  if (version === undefined) throw refuse(`version type [${type}] needs a version`);
  if (hasCondition) throw refuse('compare and write operations can not use versioning');
  return { version, orEqual: type === 'external_gte' };
}
