/** Expecting a failure: the error that a promise rejects with, as a CoppiceError. */
import { CoppiceError } from '../../src/errors.ts';

/** Resolves with the CoppiceError that the work fails with; throws if it succeeds or fails otherwise. */
export async function failureOf(work: Promise<unknown>): Promise<CoppiceError> {
  let value: unknown;
  try {
    value = await work;
  } catch (error) {
    if (error instanceof CoppiceError) return error;
    throw error;
  }
  throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
}
