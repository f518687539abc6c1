/** Token filters that look at each term by itself. */
import { ELIDED_ARTICLES, withoutArticle } from '../language/elision.ts';
import { withoutPossessive } from '../language/english.ts';
import { lowerCase } from '../lower-case.ts';
import type { Pattern } from '../pattern/pattern.ts';
import { replaceMatches } from '../pattern/replace.ts';
import { type TokenFilter, termFilter } from './token-stage.ts';

/** Lower case, character by character. */
export const lowerCaseFilter: TokenFilter = termFilter(lowerCase, { isNormalizing: true });

/** Upper case, character by character where it takes one. */
export const upperCaseFilter: TokenFilter = termFilter(
  (term) =>
    Array.from(term, (character) => {
      const upper = character.toUpperCase();
      return upper.length === character.length ? upper : character;
    }).join(''),
  { isNormalizing: true },
);

/** Without spaces at both ends. */
export const trimFilter: TokenFilter = termFilter((term) => term.trim(), { isNormalizing: true });

/** Without the possessive of English at the end. */
export const possessiveFilter: TokenFilter = termFilter(withoutPossessive, { ignoresCase: true });

/** Back to front, by characters. */
export const reverseFilter: TokenFilter = termFilter((term) => Array.from(term).toReversed().join(''));

/** Without an apostrophe and all that follows, for Turkish. */
export const apostropheFilter: TokenFilter = termFilter((term) => {
  const at = term.search(/['\u2019]/);
  return at < 0 ? term : term.slice(0, at);
});

/** Digits of other scripts as ASCII. */
export const decimalDigitFilter: TokenFilter = termFilter(
  (term) => term.replaceAll(/\p{Nd}/gu, (digit) => String(digitValue(digit))),
  { isNormalizing: true },
);

/** The first `length` characters. */
export function truncateFilter(length: number): TokenFilter {
  return termFilter((term) => (term.length <= length ? term : Array.from(term).slice(0, length).join('')));
}

/** Only terms of `min` to `max` characters. */
export function lengthFilter(min: number, max: number): TokenFilter {
  return termFilter((term) => {
    const length = term.length < min || term.length <= max ? term.length : Array.from(term).length;
    return length >= min && length <= max ? term : null;
  });
}

/** Without the words of a set. `ignoresCase` expects the set in lower case. */
export function stopFilter(words: ReadonlySet<string>, ignoresCase: boolean): TokenFilter {
  return termFilter((term) => (words.has(ignoresCase ? lowerCase(term) : term) ? null : term));
}

/** Only the words of a set, or with `excludes` all but them. */
export function keepFilter(words: ReadonlySet<string>, ignoresCase: boolean): TokenFilter {
  return termFilter((term) => (words.has(ignoresCase ? lowerCase(term) : term) ? term : null));
}

/** Stems terms that are not marked as keywords. */
export function stemFilter(stem: (word: string) => string): TokenFilter {
  return termFilter(stem, { sparesMarked: true });
}

/** Marks terms as keywords, which stemmers leave as they are. */
export function markFilter(isMarked: (term: string) => boolean): TokenFilter {
  return {
    marksTerm: isMarked,
    open: (next) => ({
      token(token): void {
        token.isKeyword ||= isMarked(token.term);
        next.token(token);
      },
      end: (positions) => next.end(positions),
    }),
  };
}

/** Gives the words of a table their stems, and marks them. */
export function stemOverrideFilter(stems: ReadonlyMap<string, string>): TokenFilter {
  return {
    open: (next) => ({
      token(token): void {
        const stem = token.isKeyword ? undefined : stems.get(token.term);
        if (stem !== undefined) {
          token.term = stem;
          token.isKeyword = true;
        }
        next.token(token);
      },
      end: (positions) => next.end(positions),
    }),
  };
}

/** Without an article before an apostrophe. */
export function elisionFilter(articles: ReadonlySet<string> = ELIDED_ARTICLES.french, ignoresCase = true): TokenFilter {
  return termFilter((term) => withoutArticle(term, articles, { ignoresCase }), { isNormalizing: true, ignoresCase });
}

/** Replaces what a pattern matches: all of it or the first. */
export function patternReplaceFilter(pattern: Pattern, replacement: string, all: boolean): TokenFilter {
  return termFilter((term) => replaceMatches(pattern, term, { replacement, all }), { isNormalizing: true });
}

/** Digits stand in Unicode in rows of ten, from zero on; some rows follow each other. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  if (code < 128) return code - 48;
  let before = 0;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before++;
  return before % 10;
}
