/**
 * What commands share: streams, environment, the way to a cluster, and how results and failures are told. A command
 * is a function from its arguments and a shell to nothing; its exit code is the shell's.
 */

import type { Coppice } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { asCoppiceError, isCoppiceError } from '../../src/errors.ts';
import type { Vars } from '../connection-vars.ts';
import { findCluster } from '../embedded/cluster-file.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { failureAnswer, failureLine, type Hints, hintOf } from './failure.ts';
import { findTarget, type TargetFlags } from './target.ts';
import type { Terminal } from './terminal.ts';

/** The surroundings of one command. */
export class Shell {
  readonly terminal: Terminal;
  readonly vars: Vars;
  /** How the program was called, for the commands that it proposes. */
  readonly program: string;
  exitCode: number = EXIT.done;

  constructor(options: { terminal: Terminal; vars: Vars; program: string }) {
    this.terminal = options.terminal;
    this.vars = options.vars;
    this.program = options.program;
  }

  /** Runs a command against the cluster that its flags mean, and tells of its failure. `hints` are the command's own. */
  async withClient(flags: TargetFlags, run: (coppice: Coppice) => Promise<void>, hints: Hints = {}): Promise<void> {
    let hint: string | undefined;
    try {
      const target = findTarget(flags, this.vars, findCluster);
      hint = target.hint;
      const coppice = await connect({
        ...target.connection,
        cluster: target.cluster,
        name: 'coppice cli',
        onFault: (error) => this.note(`warning: ${asCoppiceError(error).message}`),
      });
      try {
        await run(coppice);
      } finally {
        await coppice.close();
      }
    } catch (error) {
      this.fail(error, flags, isCoppiceError(error, 'DISCONNECTED') ? hint : hintOf(error, hints));
    }
  }

  /** Runs a command that needs no cluster, and tells of its failure. */
  async run(flags: { readonly json?: boolean }, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.fail(error, flags);
    }
  }

  /** Tells of a failure: a line on stderr, and with `--json` the error on stdout. */
  fail(error: unknown, flags: { readonly json?: boolean }, hint?: string): void {
    this.exitCode = exitCodeOf(error);
    if (flags.json === true) this.printJson(failureAnswer(error));
    this.terminal.stderr.write(failureLine(error, hint));
  }

  /** Prints a result for machines, as one line. */
  printJson(value: unknown): void {
    this.terminal.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints a result: JSON with `--json`, else the text. */
  print(flags: { readonly json?: boolean }, value: unknown, text: () => string): void {
    if (flags.json === true) this.printJson(value);
    else this.terminal.stdout.write(text());
  }

  /** Tells something beside the result. */
  note(text: string): void {
    this.terminal.stderr.write(`coppice: ${text}\n`);
  }
}
