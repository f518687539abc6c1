/** Reading the project's pages, so that tests can hold them against the code. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A fenced block. `mark` is the comment right above it, such as `value: LeafRecord`. */
export type Fence = { readonly language: string; readonly text: string; readonly mark: string | undefined };

/** Reads a page by its path from the project's folder. */
export function readPage(path: string): string {
  return readFileSync(join(projectRoot(), path), 'utf8');
}

/** All fenced blocks of a page, in order. */
export function fencesOf(page: string): readonly Fence[] {
  return [...page.matchAll(/(?:<!-- ([^>]*?) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, mark, language, text]) => ({
    language: language ?? '',
    text: text ?? '',
    mark,
  }));
}

/**
 * Compares what stands between `<!-- table: name -->` and `<!-- end -->` with what should stand there. With
 * `UPDATE_DOCS=1` in the environment the page is written anew instead.
 *
 * @returns The present text of the table.
 */
export function tableOf(path: string, name: string, wanted: string): string {
  const page = readPage(path);
  const pattern = new RegExp(`(<!-- table: ${name} -->\n)([\\s\\S]*?)(<!-- end -->)`);
  const found = pattern.exec(page);
  if (found === null) throw new Error(`${path} has no table \`${name}\``);
  if (process.env['UPDATE_DOCS'] !== '1') return found[2] ?? '';
  const [whole, begin = '', , end = ''] = found;
  writeFileSync(
    join(projectRoot(), path),
    page.replace(whole, () => begin + wanted + end),
  );
  return wanted;
}

/** Draws a table. */
export function drawRows(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}

/** The folder of package.json; the tests may run from `dist`. */
export function projectRoot(): string {
  for (let dir = import.meta.dirname; dir !== dirname(dir); dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return dir;
  }
  throw new Error('there is no package.json above this file');
}
