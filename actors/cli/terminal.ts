/** Where a command reads and writes: the three streams, whether they are terminals, and how wide. */
import type { Readable, Writable } from 'node:stream';
import type { Vars } from '../connection-vars.ts';

/** One output stream. */
export type Output = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Whether marks and levels may be coloured. */
  readonly colour: boolean;
  /** Columns of the terminal; 100 where there is none. */
  readonly width: () => number;
};

/** The streams of a process. */
export type Terminal = { readonly stdin: Readable; readonly stdout: Output; readonly stderr: Output };

const WIDTH_WITHOUT_TERMINAL = 100;
const MIN_WIDTH = 40;

/** The terminal of this process. */
export function systemTerminal(vars: Vars): Terminal {
  return { stdin: process.stdin, stdout: outputOf(process.stdout, vars), stderr: outputOf(process.stderr, vars) };
}

function outputOf(stream: Writable & { isTTY?: boolean; columns?: number }, vars: Vars): Output {
  const isTerminal = stream.isTTY === true;
  // A reader that has seen enough (`| head`) is no failure: what follows has nowhere to go.
  let closed = false;
  stream.on('error', () => {
    closed = true;
  });
  return {
    isTerminal,
    colour: (isTerminal && (vars['NO_COLOR'] ?? '') === '') || (vars['FORCE_COLOR'] ?? '0') !== '0',
    width: () => Math.max(MIN_WIDTH, stream.columns ?? WIDTH_WITHOUT_TERMINAL),
    write: (text) => {
      if (!closed) stream.write(text);
    },
  };
}
