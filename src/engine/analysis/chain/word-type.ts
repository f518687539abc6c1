/** What kind of word a token of the standard tokenizer is, by Lucene's names. */
import { CLASS, classOf } from '../char-classes.ts';

/** `<ALPHANUM>`, `<NUM>`, `<HANGUL>` and so on. */
export function wordType(word: string): string {
  let type = '<ALPHANUM>';
  for (const character of word) {
    const kind = classOf(character.codePointAt(0) ?? 0);
    if (kind === CLASS.letter || kind === CLASS.hebrew) return isHangul(word) ? '<HANGUL>' : '<ALPHANUM>';
    type = typeOfClass(kind, character) ?? type;
  }
  return type;
}

function typeOfClass(kind: number, character: string): string | undefined {
  if (kind === CLASS.digit) return '<NUM>';
  if (kind === CLASS.katakana) return '<KATAKANA>';
  if (kind === CLASS.southeastAsian) return '<SOUTHEAST_ASIAN>';
  if (kind === CLASS.emoji || kind === CLASS.regional) return '<EMOJI>';
  if (kind !== CLASS.ideograph) return undefined;
  return /^\p{Script=Hiragana}/u.test(character) ? '<HIRAGANA>' : '<IDEOGRAPHIC>';
}

function isHangul(word: string): boolean {
  return /^[\p{Script=Hangul}\p{M}\p{Cf}]+$/u.test(word);
}
