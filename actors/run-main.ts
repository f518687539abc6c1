/** The outermost frame of a process: what it throws becomes one line and an exit code. */
import { asCoppiceError } from '../src/errors.ts';
import { tellParent } from './child-message.ts';
import { exitCodeOf } from './exit-codes.ts';

/** Runs a main and exits with its code. */
export async function runMain(main: () => Promise<number>): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    const [message, exitCode] = [asCoppiceError(error).message, exitCodeOf(error)];
    tellParent({ type: 'failed', message, exitCode });
    process.stderr.write(`coppice: ${message}\n`);
    process.exit(exitCode);
  }
}
