/** Patterns in settings, with Java's flags. */
import type { PatternFlags } from '../pattern/parse-pattern.ts';
import { Pattern } from '../pattern/pattern.ts';
import { type OptionReader, settingsError, suggestion } from './option-reader.ts';

/** Java's flags; the last two change nothing here. */
const FLAGS: ReadonlyMap<string, PatternFlags> = new Map([
  ['CASE_INSENSITIVE', { ignoreCase: true }],
  ['DOTALL', { dotAll: true }],
  ['MULTILINE', { multiline: true }],
  ['UNICODE_CASE', {}],
  ['UNIX_LINES', {}],
]);

/**
 * Reads a pattern and, where they are given, its `flags` (`CASE_INSENSITIVE|DOTALL`).
 *
 * @param otherwise The pattern if none is given; without it one must be.
 * @param isWhole Whether the pattern must match the whole text.
 */
export function readPattern(
  options: OptionReader,
  key: string,
  { otherwise, isWhole = false }: { readonly otherwise?: string; readonly isWhole?: boolean } = {},
): Pattern {
  const given = otherwise === undefined ? options.requiredText(key) : options.text(key, otherwise, { min: 1 });
  const source = isWhole ? `^(?:${given})$` : given;
  const names = options.has('flags') ? options.text('flags', '').split('|') : [];
  const flags = names.filter((name) => name.trim() !== '').map((name) => flagOf(name.trim(), options.what));
  return new Pattern(source, Object.assign({}, ...flags), options.what);
}

function flagOf(name: string, what: string): PatternFlags {
  const flag = FLAGS.get(name);
  if (flag !== undefined) return flag;
  throw settingsError(`${what}: flag [${name}] is not supported${suggestion(name, FLAGS.keys())}`);
}
