/** The character filters `mapping` and `pattern_replace`. */
import type { Pattern } from '../pattern/pattern.ts';
import { replacementFor } from '../pattern/replace.ts';
import { type CharFilter, TextChange } from './char-filter.ts';

/** Replaces keys by values, at each place the longest key. */
export function mappingFilter(mappings: ReadonlyMap<string, string>): CharFilter {
  const byFirst = new Map<string, string[]>();
  for (const key of mappings.keys()) byFirst.set(key.charAt(0), [...(byFirst.get(key.charAt(0)) ?? []), key]);
  for (const keys of byFirst.values()) keys.sort((a, b) => b.length - a.length);
  return {
    isNormalizing: true,
    apply: (text) => {
      const change = new TextChange(text);
      for (let at = 0; at < text.length; ) {
        const key = byFirst.get(text.charAt(at))?.find((candidate) => text.startsWith(candidate, at));
        if (key === undefined) at++;
        else {
          change.replace(at, at + key.length, mappings.get(key) ?? '');
          at += key.length;
        }
      }
      return change.finish();
    },
  };
}

/** Replaces every match of a pattern. */
export function patternCharFilter(pattern: Pattern, replacement: string): CharFilter {
  return {
    isNormalizing: true,
    apply: (text) => {
      const change = new TextChange(text);
      for (const match of pattern.matches(text)) {
        const [from = 0, to = 0] = match;
        change.replace(from, to, replacementFor(match, text, replacement));
      }
      return change.finish();
    },
  };
}
