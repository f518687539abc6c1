#!/usr/bin/env node
/** Entry of the `coppice` command: the process's streams, environment and arguments become a shell and a command line. */
import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { PACKAGE_ROOT } from '../embedded/package-root.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { failureLine } from './failure.ts';
import { buildProgram, runProgram } from './program.ts';
import { Shell } from './shell.ts';
import { systemTerminal } from './terminal.ts';

const shell = new Shell({
  terminal: systemTerminal(process.env),
  vars: process.env,
  program: calledAs(process.argv[1] ?? ''),
});
process.stdout.on('error', (error) => {
  // A reader that closes early has what it wants; a full disk has lost a part of the answer.
  if ('code' in error && error.code === 'EPIPE') return;
  shell.exitCode = EXIT.failed;
  process.exitCode = EXIT.failed;
  process.stderr.write(failureLine(new Error(`cannot write the answer: ${error.message}`)));
});
try {
  await runProgram(buildProgram(shell, versionOf()), process.argv.slice(2), shell);
  process.exitCode = shell.exitCode;
} catch (error) {
  process.stderr.write(failureLine(error));
  process.exitCode = exitCodeOf(error);
}
// What was written must reach its reader before the process ends, and nothing may keep it from ending.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));

function versionOf(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

/** How a person would call the program again. */
function calledAs(script: string): string {
  return basename(script) === 'coppice' ? 'coppice' : `node ${relative(process.cwd(), script) || script}`;
}
