/** `coppice load INDEX FILE`: documents from JSON Lines into an index. */
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { systemEnv } from '../../../src/env.ts';
import { EXIT, exitCodeOfSignal, UsageError } from '../../exit-codes.ts';
import { onInterrupt } from '../interrupt.ts';
import { FailedLines } from '../load/failed-lines.ts';
import { linesOf } from '../load/lines.ts';
import { Loader, type LoadFailure } from '../load/loader.ts';
import { documentsOf } from '../load/source.ts';
import { addExamples, addTargetOptions } from '../options.ts';
import { Progress } from '../progress.ts';
import { showCount, showCounted, showDuration } from '../quantity.ts';
import type { Shell } from '../shell.ts';
import type { TargetFlags } from '../target.ts';

type Flags = TargetFlags & { readonly idField: string; readonly failed?: string };
type Source = { readonly stream: Readable; readonly sizeBytes: number | undefined; readonly failedFile: string };

/** Failures told one by one; more are only counted. */
const TOLD_FAILURES = 10;

/** Adds the command. */
export function addLoadCommand(program: Command, shell: Shell): void {
  const command = program
    .command('load')
    .summary('load documents from a file of JSON Lines, or from stdin')
    .description(
      'Loads one document from each line. Lines that fail are told, kept in a file, and make the exit code 1.',
    )
    .argument('<index>', 'an index that exists')
    .argument('<file>', 'one JSON document per line; - for stdin')
    .option('--id-field <name>', 'field that holds the id; a document without it gets a fresh one', 'id')
    .option(
      '--failed <file>',
      'keeps the lines that failed (default: <file>.failed.jsonl, or <index>.failed.jsonl for stdin)',
    );
  addExamples(addTargetOptions(command), [
    ['coppice load books books.jsonl', 'with a progress bar'],
    ['zcat books.jsonl.gz | coppice load books -', 'from stdin'],
    ['coppice load books books.jsonl.failed.jsonl', 'once more, what failed before'],
  ]);
  command.action(async (index: string, file: string, flags: Flags) => {
    await shell.run(flags, async () => {
      const source = await openSource(index, file, flags, shell);
      await load(index, source, flags, shell);
    });
  });
}

async function openSource(index: string, file: string, flags: Flags, shell: Shell): Promise<Source> {
  const failedFile = flags.failed ?? `${file === '-' ? index : file}.failed.jsonl`;
  await checkFailedFile(failedFile, file);
  const source =
    file === '-'
      ? { stream: shell.terminal.stdin, sizeBytes: undefined, failedFile }
      : { ...(await openFile(file)), failedFile };
  // Whoever reads the lines hears of a failure; it must not end the process before there is a reader.
  source.stream.on('error', () => {});
  return source;
}

async function openFile(file: string): Promise<Omit<Source, 'failedFile'>> {
  const found = await statOf(file);
  if (found === undefined) throw new UsageError(`there is no file \`${file}\``);
  if (found.isDirectory()) throw new UsageError(`\`${file}\` is a folder`, 'give a file of JSON Lines');
  const opened = await open(file).catch((error: unknown) => {
    throw new UsageError(`cannot read \`${file}\`: ${error instanceof Error ? error.message : String(error)}`);
  });
  return { stream: opened.createReadStream(), sizeBytes: found.isFile() ? found.size : undefined };
}

/** What stands at a path; undefined if nothing does. Any other trouble is told as what it is. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UsageError(`cannot look at \`${path}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Said before anything is loaded, not when the first line has failed. */
async function checkFailedFile(failedFile: string, file: string): Promise<void> {
  const hint = 'name a file for the lines that fail with --failed';
  if (file !== '-' && resolve(failedFile) === resolve(file))
    throw new UsageError(`\`${file}\` cannot be loaded and take the lines that fail`, hint);
  if ((await statOf(failedFile))?.isDirectory() === true) throw new UsageError(`\`${failedFile}\` is a folder`, hint);
  const folder = dirname(failedFile);
  if ((await statOf(folder))?.isDirectory() !== true) throw new UsageError(`there is no folder \`${folder}\``, hint);
}

async function load(index: string, source: Source, flags: Flags, shell: Shell): Promise<void> {
  const failures = new FailedLines(source.failedFile);
  const interrupt = onInterrupt();
  interrupt.signal.addEventListener('abort', () => source.stream.destroy(new Error('interrupted')));
  const startMs = systemEnv.clock.nowMs();
  await shell.withClient(flags, async (coppice) => {
    const progress = new Progress(shell.terminal.stderr, index, () => systemEnv.clock.nowMs());
    const loader = new Loader({
      coppice,
      index,
      env: systemEnv,
      signal: interrupt.signal,
      onProgress: (state) => progress.update(state),
      onFailure: (failure) => tellFailure(failure, failures, progress, shell),
    });
    try {
      await coppice.request('index-get', index);
      await loader.run(documentsOf(linesOf(source.stream), flags.idField, source.sizeBytes));
    } catch (error) {
      if (interrupt.by === undefined) throw error;
      shell.exitCode = exitCodeOfSignal(interrupt.by);
    } finally {
      progress.clear();
      await failures.close();
    }
    report(index, loader.progress(), { failures, flags, shell, tookMs: systemEnv.clock.nowMs() - startMs });
  });
  source.stream.destroy();
  interrupt.close();
}

function tellFailure(failure: LoadFailure, failures: FailedLines, progress: Progress, shell: Shell): void {
  failures.add(failure);
  if (failures.count > TOLD_FAILURES) return;
  progress.clear();
  shell.note(`line ${failure.line}: ${failure.reason}`);
  if (failures.count === TOLD_FAILURES) shell.note('more failures are only counted and kept');
}

type ReportContext = {
  readonly failures: FailedLines;
  readonly flags: Flags;
  readonly shell: Shell;
  readonly tookMs: number;
};

function report(
  index: string,
  done: { docs: number; failed: number },
  { failures, flags, shell, tookMs }: ReportContext,
): void {
  const interrupted = shell.exitCode !== EXIT.done;
  const perSecond = tookMs > 0 ? Math.round((done.docs * 1_000) / tookMs) : 0;
  const kept = done.failed > 0 ? { failed_file: failures.path, failures: failures.reasons } : {};
  shell.print(
    flags,
    {
      index,
      loaded: done.docs,
      failed: done.failed,
      interrupted,
      took_ms: Math.round(tookMs),
      docs_per_second: perSecond,
      ...kept,
    },
    () => {
      const failed = done.failed === 0 ? '' : `; ${showCounted(done.failed, 'line')} failed, kept in ${failures.path}`;
      return `${interrupted ? 'interrupted: ' : ''}${showCounted(done.docs, 'document')} loaded in ${showDuration(tookMs)} (${showCount(perSecond)}/s)${failed}\n`;
    },
  );
  if (done.failed > 0 && !interrupted) shell.exitCode = EXIT.failed;
}
