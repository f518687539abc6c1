/** Makes a line of a JSON log readable: time, level, name, message, and the fields that are left. */

const LEVELS: Readonly<Record<number, { readonly word: string; readonly colour: number }>> = {
  20: { word: 'debug', colour: 90 },
  30: { word: 'info ', colour: 32 },
  40: { word: 'warn ', colour: 33 },
  50: { word: 'error', colour: 31 },
};

/** Fields with a place of their own in the line, or the same in every line. */
const SHOWN = new Set(['level', 'time', 'msg', 'stack', 'name', 'leaf', 'root', 'cluster', 'pid', 'hostname']);

/**
 * Formats one line of pino's.
 *
 * @param line With or without a line feed at its end; what is not JSON comes back as it is.
 * @returns One line with its line feed. A `stack` follows on lines of its own.
 */
export function prettyLine(line: string, colour: boolean): string {
  const record = parse(line);
  if (record === undefined) return line.endsWith('\n') ? line : `${line}\n`;
  const { level, time, msg, stack } = record;
  const name = [record['leaf'], record['root'], record['name']].find((value) => typeof value === 'string') ?? '';
  const clock = typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : '';
  const { word, colour: code } = LEVELS[Number(level)] ?? { word: String(level), colour: 0 };
  const shownLevel = colour ? `\u001b[${code}m${word}\u001b[0m` : word;
  const rest = Object.entries(record)
    .filter(([key]) => !SHOWN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const text = [clock, shownLevel, name, String(msg), ...rest].join(' ');
  return typeof stack === 'string' ? `${text}\n${stack}\n` : `${text}\n`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
