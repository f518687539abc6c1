/**
 * Where sentences and words end, found around one place at a time: looking a bounded way back and forth instead of
 * through the whole text. A simplified UAX #29: a sentence ends after `.`, `!`, `?` and their kin, with closing quotes and
 * brackets, before a space; not after a dot that a small letter follows; and at the end of a line or paragraph of its own.
 */

/** Farthest that one search looks. */
const MAX_LOOK = 10_000;
/** Most signs that end one sentence together: `?!`, `..."`. */
const MAX_SIGNS = 32;

/** What a character is to sentences and words; more than one may hold. */
const KIND = { terminator: 1, cjkTerminator: 2, dot: 4, closing: 8, space: 16, lineEnd: 32, wordPart: 64 } as const;
const PATTERNS: readonly (readonly [number, RegExp])[] = [
  [
    KIND.terminator,
    /^[.!?\u2024\u203c\u203d\u2047-\u2049\u2026\u0589\u061f\u06d4\u0964\u0965\u3002\uff01\uff0e\uff1f\uff61]/,
  ],
  /** Those that need no space behind them. */
  [KIND.cjkTerminator, /^[\u3002\uff01\uff1f\uff61]/],
  [KIND.dot, /^[.\u2024\uff0e]/],
  [KIND.closing, /^[\p{Pe}\p{Pf}\p{Pi}"']/u],
  [KIND.space, /^[^\S\n\r\u2028\u2029\u0085]/],
  [KIND.lineEnd, /^[\n\r\u2028\u2029\u0085]/],
  [KIND.wordPart, /^[\p{L}\p{M}\p{N}\p{Cs}_'\u2019]/u],
];
const UNKNOWN = 128;
const TABLE = new Uint8Array(0x10000).fill(UNKNOWN);

/** The start of the sentence that holds an offset; `earliest` if it lies before that. */
export function sentenceStart(text: string, offset: number, earliest: number): number {
  const limit = Math.max(earliest, offset - MAX_LOOK);
  for (let at = offset - 1; at >= limit; at--) {
    const kind = kindAt(text, at);
    if ((kind & (KIND.lineEnd | KIND.terminator)) === 0) continue;
    const end = (kind & KIND.lineEnd) !== 0 ? at + 1 : endAfterTerminator(text, at);
    if (end > 0 && end <= offset) return skipSpaces(text, end, offset);
  }
  return limit === earliest ? limit : wordStart(text, limit, offset);
}

/** One past the sentence that holds an offset, spaces behind it included; `latest` if it lies behind that. */
export function sentenceEnd(text: string, offset: number, latest: number): number {
  const limit = Math.min(latest, offset + MAX_LOOK);
  for (let at = offset; at < limit; at++) {
    const kind = kindAt(text, at);
    if ((kind & KIND.lineEnd) !== 0) return at + 1;
    const end = (kind & KIND.terminator) !== 0 ? endAfterTerminator(text, at) : -1;
    if (end > 0) return Math.min(end, latest);
  }
  return limit;
}

/** The last offset up to `offset`, and above `earliest`, that is not inside a word; `offset` if there is none. */
export function wordBoundaryBefore(text: string, offset: number, earliest: number): number {
  for (let at = offset; at > earliest && at > offset - MAX_LOOK; at--) if (isBoundary(text, at)) return at;
  return wholeCharacter(text, offset);
}

/** The first offset from `offset` on, and below `latest`, at which a word begins; `latest` if there is none. */
export function wordStart(text: string, offset: number, latest: number): number {
  for (let at = offset; at < latest && at < offset + MAX_LOOK; at++)
    if (isBoundary(text, at) && is(text, at, KIND.wordPart)) return at;
  return latest;
}

function isBoundary(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return true;
  if (wholeCharacter(text, at) !== at) return false;
  return !(is(text, at - 1, KIND.wordPart) && is(text, at, KIND.wordPart));
}

/** An offset that parts no surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const isInside = /[\udc00-\udfff]/.test(text.charAt(at)) && /[\ud800-\udbff]/.test(text.charAt(at - 1));
  return isInside ? at - 1 : at;
}

/** One past the sentence that a terminator ends, with quotes and spaces behind it; -1 if it ends none. */
function endAfterTerminator(text: string, at: number): number {
  let end = at + 1;
  while (end - at < MAX_SIGNS && is(text, end, KIND.terminator | KIND.closing)) end++;
  const spaces = skipSpaces(text, end, text.length);
  if (spaces >= text.length) return text.length;
  if (is(text, spaces, KIND.lineEnd)) return spaces + 1;
  if (spaces === end) return is(text, at, KIND.cjkTerminator) ? end : -1;
  return is(text, at, KIND.dot) && /^[\p{Ps}\p{Pi}"']{0,2}\p{Ll}/u.test(text.slice(spaces, spaces + 4)) ? -1 : spaces;
}

function skipSpaces(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && is(text, at, KIND.space)) at++;
  return at;
}

/** Whether the character at an offset is one of some kinds; outside of the text it is none. */
function is(text: string, at: number, kinds: number): boolean {
  return (kindAt(text, at) & kinds) !== 0;
}

function kindAt(text: string, at: number): number {
  if (at < 0 || at >= text.length) return 0;
  const unit = text.charCodeAt(at);
  const known = TABLE[unit]!;
  if (known !== UNKNOWN) return known;
  const char = String.fromCharCode(unit);
  const kind = PATTERNS.reduce((kinds, [bit, pattern]) => (pattern.test(char) ? kinds | bit : kinds), 0);
  TABLE[unit] = kind;
  return kind;
}
