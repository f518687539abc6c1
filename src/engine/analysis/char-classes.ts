/**
 * Character classes for finding words: the word break property of Unicode (UAX #29, table 3), derived from properties
 * that regular expressions know, and classes of our own for what is a token although the property says nothing of it.
 * ASCII and the rest of the basic plane are worked out once per character and remembered.
 */

/** What a character is to the tokenizer. Word parts come first: a token begins with a class from 1 to `regional`. */
export const CLASS = {
  /** Ends a word. */
  other: 0,
  /** ALetter. */
  letter: 1,
  /** Hebrew_Letter: a letter that a quote may follow. */
  hebrew: 2,
  /** Numeric. */
  digit: 3,
  katakana: 4,
  /** ExtendNumLet: joins letters, digits and katakana: `_` and its kin. */
  connector: 5,
  /** Han and hiragana: one token each. */
  ideograph: 6,
  /** Letters of scripts without spaces (Line_Break SA: Thai, Lao, Khmer, Burmese): a run of them is one token. */
  southeastAsian: 7,
  emoji: 8,
  /** Half of a flag. */
  regional: 9,
  /** Extend, Format and ZWJ: part of what comes before. */
  extend: 10,
  /** Joins letters: `:` `·`. */
  midLetter: 11,
  /** Joins digits: `,` `;`. */
  midNumber: 12,
  /** MidNumLet: joins either: `.` `’`. */
  midBoth: 13,
  /** `'`: joins either, and may follow a Hebrew letter. */
  singleQuote: 14,
  /** `"`: joins Hebrew letters. */
  doubleQuote: 15,
} as const;

const MID_LETTER = /^[:\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a]/;
const MID_NUMBER = /^[,;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b]/;
const MID_BOTH = /^[.\u2018\u2019\u2024\ufe52\uff07\uff0e]/;
const EXTEND = /^[\p{Grapheme_Extend}\p{Mc}\p{Emoji_Modifier}\p{Cf}]/u;
const KATAKANA = /^[\p{Script=Katakana}\u3031-\u3035\u309b\u309c\u30a0\u30fc\uff70]/u;
const HEBREW = /^(?=\p{Script=Hebrew})\p{Lo}/u;
const IDEOGRAPH = /^[\p{Script=Han}\p{Script=Hiragana}]/u;
const SOUTHEAST_ASIAN =
  /^(?=\p{Alphabetic})[\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}\p{Script=Tai_Viet}\p{Script=Ahom}]/u;
/** Not of the property Alphabetic, but named in the table. */
const OTHER_LETTER =
  /^[\u02c2-\u02c5\u02d2-\u02d7\u02de\u02df\u02e5-\u02eb\u02ed\u02ef-\u02ff\u055a-\u055c\u055e\u058a\u05f3\ua708-\ua716\ua720\ua721\ua789\ua78a\uab5b]/;
/** Extended_Pictographic of Unicode 15 (emoji-data.txt), written out: later versions took signs out that are words here. */
const PICTOGRAPHIC =
  /^[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\u{1f000}-\u{1f0ff}\u{1f10d}-\u{1f10f}\u{1f12f}\u{1f16c}-\u{1f171}\u{1f17e}\u{1f17f}\u{1f18e}\u{1f191}-\u{1f19a}\u{1f1ad}-\u{1f1e5}\u{1f201}-\u{1f20f}\u{1f21a}\u{1f22f}\u{1f232}-\u{1f23a}\u{1f23c}-\u{1f23f}\u{1f249}-\u{1f3fa}\u{1f400}-\u{1f53d}\u{1f546}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f774}-\u{1f77f}\u{1f7d5}-\u{1f7ff}\u{1f80c}-\u{1f80f}\u{1f848}-\u{1f84f}\u{1f85a}-\u{1f85f}\u{1f888}-\u{1f88f}\u{1f8ae}-\u{1f8ff}\u{1f90c}-\u{1f93a}\u{1f93c}-\u{1f945}\u{1f947}-\u{1faff}\u{1fc00}-\u{1fffd}]/u;

/** In this order; the first that fits counts. */
const PATTERNS: readonly (readonly [RegExp, number])[] = [
  [/^'/, CLASS.singleQuote],
  [/^"/, CLASS.doubleQuote],
  [/^\u200b/, CLASS.other],
  [MID_LETTER, CLASS.midLetter],
  [MID_NUMBER, CLASS.midNumber],
  [MID_BOTH, CLASS.midBoth],
  [EXTEND, CLASS.extend],
  [/^\p{Regional_Indicator}/u, CLASS.regional],
  [KATAKANA, CLASS.katakana],
  [HEBREW, CLASS.hebrew],
  [/^[\p{Nd}\u066b]/u, CLASS.digit],
  [/^[\p{Pc}\u202f]/u, CLASS.connector],
  [SOUTHEAST_ASIAN, CLASS.southeastAsian],
  [/^(?!\p{Ideographic}|\p{Script=Hiragana})\p{Alphabetic}/u, CLASS.letter],
  [OTHER_LETTER, CLASS.letter],
  [IDEOGRAPH, CLASS.ideograph],
  [PICTOGRAPHIC, CLASS.emoji],
];

const UNKNOWN = 255;
const TABLE = new Uint8Array(0x10000).fill(UNKNOWN);
for (let code = 0; code < 128; code++) TABLE[code] = findClass(code);

/** Class of a code point. A lone surrogate is `other`. */
export function classOf(code: number): number {
  if (code > 0xffff) return findClass(code);
  const known = TABLE[code]!;
  if (known !== UNKNOWN) return known;
  const found = findClass(code);
  TABLE[code] = found;
  return found;
}

/** Whether a character is a picture (Extended_Pictographic), be it also a letter. */
export function isPictographic(code: number): boolean {
  return PICTOGRAPHIC.test(String.fromCodePoint(code));
}

function findClass(code: number): number {
  const text = String.fromCodePoint(code);
  return PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? CLASS.other;
}
