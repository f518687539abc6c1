/** Replaces what a pattern matches, with Java's notation for groups: `$1`, and a backslash before a plain sign. */
import { CoppiceError } from '../../../errors.ts';
import type { Pattern, PatternMatch } from './pattern.ts';

/**
 * Checks a replacement.
 *
 * @throws CoppiceError `BAD_REQUEST` if it names a group that the pattern lacks, or ends in the middle of a notation.
 */
export function checkReplacement(replacement: string, pattern: Pattern, what: string): void {
  for (const [, sign, group] of replacement.matchAll(/(\\[\s\S]?|\$\{?)(\d?)/g)) {
    const isWrong =
      sign === '\\' ||
      sign === '${' ||
      (sign?.startsWith('$') === true && (group === '' || Number(group) > pattern.lastGroup));
    if (sign !== undefined && isWrong)
      throw new CoppiceError(
        'BAD_REQUEST',
        `${what}: replacement [${replacement}] refers to a group that the pattern does not have (it has ${pattern.lastGroup}); write \\$ for a dollar sign`,
      );
  }
}

/** A text with the matches of a pattern replaced: all, or the first one. */
export function replaceMatches(
  pattern: Pattern,
  text: string,
  { replacement, all }: { readonly replacement: string; readonly all: boolean },
): string {
  let [result, at] = ['', 0];
  for (const match of pattern.matches(text)) {
    result += text.slice(at, match[0]) + replacementFor(match, text, replacement);
    at = match[1] ?? at;
    if (!all) break;
  }
  return at === 0 && result === '' ? text : result + text.slice(at);
}

/** What a match is replaced with. */
export function replacementFor(match: PatternMatch, text: string, replacement: string): string {
  return replacement.replaceAll(/\\([\s\S])|\$(\d)/g, (_, plain: string | undefined, group: string | undefined) => {
    if (plain !== undefined) return plain;
    const [from = -1, to = -1] = [match[Number(group) * 2], match[Number(group) * 2 + 1]];
    return from < 0 ? '' : text.slice(from, to);
  });
}
