/**
 * Where sentences and words end, found around one place at a time: looking a bounded way back and forth instead of
 * through the whole text. A simplified UAX #29: a sentence ends after `.`, `!`, `?` and their kin, with closing quotes and
 * brackets, before a space; not after a dot that a small letter follows; and at the end of a line or paragraph of its own.
 */

/** Farthest that one search looks. */
const MAX_LOOK = 10_000;
const TERMINATOR =
  /[.!?\u2024\u203c\u203d\u2047-\u2049\u2026\u0589\u061f\u06d4\u0964\u0965\u3002\uff01\uff0e\uff1f\uff61]/;
/** Those that need no space behind them. */
const CJK_TERMINATOR = /[\u3002\uff01\uff1f\uff61]/;
const DOT = /[.\u2024\uff0e]/;
const CLOSING = /[\p{Pe}\p{Pf}\p{Pi}"']/u;
const SPACE = /[^\S\n\r\u2028\u2029\u0085]/;
const LINE_END = /[\n\r\u2028\u2029\u0085]/;
const WORD_PART = /[\p{L}\p{M}\p{N}_'\u2019]/u;

/** The start of the sentence that holds an offset; `earliest` if it lies before that. */
export function sentenceStart(text: string, offset: number, earliest: number): number {
  const limit = Math.max(earliest, offset - MAX_LOOK);
  for (let at = offset - 1; at >= limit; at--) {
    const char = text.charAt(at);
    const end = LINE_END.test(char) ? at + 1 : TERMINATOR.test(char) ? endAfterTerminator(text, at) : -1;
    if (end > 0 && end <= offset) return skipSpaces(text, end, offset);
  }
  return limit === earliest ? limit : wordBoundaryAfter(text, limit, offset);
}

/** One past the sentence that holds an offset, spaces behind it included; `latest` if it lies behind that. */
export function sentenceEnd(text: string, offset: number, latest: number): number {
  const limit = Math.min(latest, offset + MAX_LOOK);
  for (let at = offset; at < limit; at++) {
    const char = text.charAt(at);
    if (LINE_END.test(char)) return at + 1;
    const end = TERMINATOR.test(char) ? endAfterTerminator(text, at) : -1;
    if (end > 0) return Math.min(end, latest);
  }
  return limit;
}

/** The last offset up to `offset`, and above `earliest`, that is not inside a word; `offset` if there is none. */
export function wordBoundaryBefore(text: string, offset: number, earliest: number): number {
  for (let at = offset; at > earliest && at > offset - MAX_LOOK; at--) if (isBoundary(text, at)) return at;
  return wholeCharacter(text, offset);
}

/** The first offset from `offset` on, and below `latest`, that is not inside a word; `offset` if there is none. */
export function wordBoundaryAfter(text: string, offset: number, latest: number): number {
  for (let at = offset; at < latest && at < offset + MAX_LOOK; at++) if (isBoundary(text, at)) return at;
  return wholeCharacter(text, offset);
}

function isBoundary(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return true;
  if (wholeCharacter(text, at) !== at) return false;
  return !(WORD_PART.test(text.charAt(at - 1)) && WORD_PART.test(text.charAt(at)));
}

/** An offset that parts no surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const isInside = /[\udc00-\udfff]/.test(text.charAt(at)) && /[\ud800-\udbff]/.test(text.charAt(at - 1));
  return isInside ? at - 1 : at;
}

/** One past the sentence that a terminator ends, with quotes and spaces behind it; -1 if it ends none. */
function endAfterTerminator(text: string, at: number): number {
  let end = at + 1;
  while (TERMINATOR.test(text.charAt(end)) || CLOSING.test(text.charAt(end))) end++;
  const spaces = skipSpaces(text, end, text.length);
  if (spaces >= text.length) return text.length;
  if (LINE_END.test(text.charAt(spaces))) return spaces + 1;
  const last = text.charAt(at);
  if (spaces === end) return CJK_TERMINATOR.test(last) ? end : -1;
  return DOT.test(last) && /^[\p{Ps}\p{Pi}"']{0,2}\p{Ll}/u.test(text.slice(spaces, spaces + 4)) ? -1 : spaces;
}

function skipSpaces(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && SPACE.test(text.charAt(at))) at++;
  return at;
}
