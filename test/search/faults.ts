/** What a call failed with, for tables of bad inputs. */
import * as assert from 'uvu/assert';
import { CoppiceError } from '../../src/errors.ts';

/** Runs what must throw a CoppiceError, and gives that. */
export function faultOf(run: () => unknown): CoppiceError {
  try {
    run();
  } catch (error) {
    if (error instanceof CoppiceError) return error;
    throw error;
  }
  return assert.unreachable('expected a CoppiceError') as never;
}

/** Checks code and message of what a call throws. */
export function assertFault(run: () => unknown, code: string, message: string | RegExp): void {
  const fault = faultOf(run);
  if (typeof message === 'string') assert.is(fault.message, message);
  else assert.match(fault.message, message);
  assert.is(fault.code, code, fault.message);
}
