/** Entry of `make demo`: see demo.ts. */
import { join, relative } from 'node:path';
import { failureLine } from '../cli/failure.ts';
import { onInterrupt } from '../cli/interrupt.ts';
import { systemTerminal } from '../cli/terminal.ts';
import { DEFAULTS } from '../config.ts';
import { PACKAGE_ROOT } from '../embedded/package-root.ts';
import { EXIT, exitCodeOf, exitCodeOfSignal } from '../exit-codes.ts';
import { Demo } from './demo.ts';

const terminal = systemTerminal(process.env);
const folder = join(PACKAGE_ROOT, DEFAULTS.demoData);
const demo = new Demo({ output: terminal.stdout, data: relative(process.cwd(), folder) || folder, vars: process.env });
const interrupt = onInterrupt(() => demo.killNow());
try {
  await demo.run(interrupt.signal);
  process.exitCode = EXIT.done;
} catch (error) {
  if (interrupt.by === undefined) terminal.stderr.write(failureLine(error));
  else terminal.stderr.write('\ninterrupted: all processes of the demo have ended\n');
  process.exitCode = interrupt.by === undefined ? exitCodeOf(error) : exitCodeOfSignal(interrupt.by);
}
process.stdout.write('', () => process.exit());
