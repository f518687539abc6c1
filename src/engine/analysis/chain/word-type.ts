/** What kind of word a token of the standard tokenizer is, by Lucene's names. */

/** In this order; the first that fits counts. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^[\u0021-\u007f]*[A-Za-z]/, '<ALPHANUM>'],
  [/^\p{Regional_Indicator}|^[^\p{L}\p{Nd}]*\p{Extended_Pictographic}/u, '<EMOJI>'],
  [/^[\p{Script=Han}]\p{M}*$/u, '<IDEOGRAPHIC>'],
  [/^[\p{Script=Hiragana}]\p{M}*$/u, '<HIRAGANA>'],
  [/^[\p{Script=Katakana}\p{M}\u3031-\u3035\u309b\u309c\u30a0\u30fc\uff70]+$/u, '<KATAKANA>'],
  [/^[\p{Script=Hangul}\p{M}\p{Cf}]+$/u, '<HANGUL>'],
  [
    /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}\p{Script=Tai_Viet}\p{Script=Ahom}]/u,
    '<SOUTHEAST_ASIAN>',
  ],
  [/^[^\p{L}]*\p{Nd}[^\p{L}]*$/u, '<NUM>'],
];

/** `<ALPHANUM>`, `<NUM>`, `<HANGUL>` and so on. */
export function wordType(word: string): string {
  return TYPES.find(([pattern]) => pattern.test(word))?.[1] ?? '<ALPHANUM>';
}
