/** Draws tables of plain text: columns as wide as their cells, two spaces apart. */
import { visibleLength } from './marked-text.ts';

/** One column: its title, and the side that its cells keep to. */
export type Column = { readonly title: string; readonly align?: 'left' | 'right' };

/** Draws a table with its titles, one line per row, without trailing spaces. */
export function drawTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, at) =>
    Math.max(visibleLength(title), ...rows.map((row) => visibleLength(row[at] ?? ''))),
  );
  const draw = (cells: readonly string[]): string =>
    columns
      .map(({ align }, at) => pad(cells[at] ?? '', widths[at] ?? 0, align))
      .join('  ')
      .trimEnd();
  return [draw(columns.map(({ title }) => title)), ...rows.map(draw)].map((line) => `${line}\n`).join('');
}

function pad(text: string, width: number, align: Column['align'] = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - visibleLength(text)));
  return align === 'left' ? text + space : space + text;
}
