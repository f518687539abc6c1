/** What the benches of the engine print: tables to read, and one line of JSON for each class and peer. */
import { printFigures, rounded } from '../figures.ts';
import { aimOf, missed } from './aims.ts';

/** A comparison: `ratio` is above 1 when ours is faster, or smaller where sizes are compared. */
export type Comparison = {
  readonly class: string;
  readonly peer: string;
  readonly ratio: number;
  /** Further columns of the table, in order. */
  readonly figures: Readonly<Record<string, number | string>>;
};

type Row = Readonly<Record<string, number | string>>;

/** Prints a table under a heading, then the lines. */
export function printComparisons(heading: string, comparisons: readonly Comparison[]): void {
  if (comparisons.length === 0) return;
  const rows = comparisons.map((comparison) => ({
    class: comparison.class,
    peer: comparison.peer,
    ratio: comparison.ratio.toFixed(2),
    aim: aimOf(comparison)?.toFixed(1) ?? '',
    ...comparison.figures,
  }));
  printTable(heading, rows);
  for (const { class: name, peer, ratio } of comparisons) {
    if (Number.isFinite(ratio)) printFigures({ class: name, peer, ratio: rounded(ratio) });
  }
}

/** Prints ratios of classes named `<corpus>/<subject>/<mode>/<state>`: a row for each subject, and what misses its aim. */
export function printOverview(heading: string, comparisons: readonly Comparison[]): void {
  const columns = new Set(comparisons.map(({ class: name }) => columnOf(name)));
  const rows = new Map<string, Record<string, string>>();
  for (const { class: name, ratio } of comparisons) {
    const subject = name.split('/')[1] ?? '';
    const row = rows.get(subject) ?? { class: subject, ...Object.fromEntries([...columns].map((key) => [key, ''])) };
    row[columnOf(name)] = ratio.toFixed(2);
    rows.set(subject, row);
  }
  printTable(`${heading}: ratios`, [...rows.values()]);
  const below = missed(comparisons).map((comparison) => `${comparison.class} ${comparison.ratio.toFixed(2)}`);
  process.stdout.write(`${below.length} of ${comparisons.length} miss their aim\n${below.join('\n')}\n`);
}

/** Prints rows under a heading; columns are those of the first row. Numbers stand to the right. */
export function printTable(heading: string, rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => textOf(row[column]).length)));
  const line = (cells: readonly (number | string | undefined)[]): string =>
    cells
      .map((cell, i) => aligned(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  const lines = [heading, line(columns), ...rows.map((row) => line(columns.map((column) => row[column])))];
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
}

function columnOf(name: string): string {
  return name.split('/').slice(2).join(' ');
}

function aligned(cell: number | string | undefined, width: number): string {
  const text = textOf(cell);
  return /^[\d.,]+$/.test(text) ? text.padStart(width) : text.padEnd(width);
}

function textOf(cell: number | string | undefined): string {
  if (typeof cell !== 'number') return cell ?? '';
  return cell >= 100 || Number.isInteger(cell) ? String(Math.round(cell)) : cell.toPrecision(3);
}
