/**
 * Character classes for finding words, after the word break property of Unicode (UAX #29), coarsened to what the
 * tokenizer needs. ASCII is a table; the rest of the basic plane is worked out once per character and remembered.
 */

/** What a character is to the tokenizer. */
export const CLASS = {
  /** Ends a word. */
  other: 0,
  letter: 1,
  digit: 2,
  katakana: 3,
  /** Joins letters, digits and katakana: `_` and its kin. */
  connector: 4,
  /** Han and hiragana: one token each. */
  ideograph: 5,
  emoji: 6,
  /** Half of a flag. */
  regional: 7,
  /** Marks and format characters: part of what comes before. */
  extend: 8,
  /** Joins letters: `:` `·`. */
  midLetter: 9,
  /** Joins digits: `,` `;`. */
  midNumber: 10,
  /** Joins either: `.` `'` `’`. */
  midBoth: 11,
} as const;

const UNKNOWN = 255;
const MID_LETTER = ':\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a';
const MID_NUMBER = ',;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b';
const MID_BOTH = ".'\u2018\u2019\u2024\ufe52\uff07\uff0e";

/** In this order; the first that fits counts. */
const PATTERNS: readonly (readonly [RegExp, number])[] = [
  [/^[\u30a0-\u30ff\u31f0-\u31ff\u3031-\u3035\uff66-\uff9d]|^\p{Script=Katakana}/u, CLASS.katakana],
  [/^[\p{M}\p{Cf}\uff9e\uff9f\p{Emoji_Modifier}]/u, CLASS.extend],
  [/^[\p{Script=Han}\p{Script=Hiragana}]/u, CLASS.ideograph],
  [/^\p{L}|^\p{Nl}/u, CLASS.letter],
  [/^\p{Nd}/u, CLASS.digit],
  [/^\p{Pc}/u, CLASS.connector],
  [/^\p{Regional_Indicator}/u, CLASS.regional],
  [/^(?![\u0000-\u00ff\u2122])\p{Extended_Pictographic}/u, CLASS.emoji],
];

const TABLE = new Uint8Array(0x10000).fill(UNKNOWN);
for (let code = 0; code < 128; code++) TABLE[code] = findClass(code);

/** Class of a code point. */
export function classOf(code: number): number {
  if (code > 0xffff) return findClass(code);
  const known = TABLE[code]!;
  if (known !== UNKNOWN) return known;
  const found = findClass(code);
  TABLE[code] = found;
  return found;
}

function findClass(code: number): number {
  const text = String.fromCodePoint(code);
  if (MID_LETTER.includes(text)) return CLASS.midLetter;
  if (MID_NUMBER.includes(text)) return CLASS.midNumber;
  if (MID_BOTH.includes(text)) return CLASS.midBoth;
  return PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? CLASS.other;
}
