/** German words that are spelt in two ways made one: `weiß` is `weiss`, and `Häuser`, `Haeuser` are `hauser`. */

const UMLAUTS: ReadonlyMap<string, string> = new Map([
  ['ä', 'a'],
  ['ö', 'o'],
  ['ü', 'u'],
]);

/**
 * A word in lower case with umlauts as plain vowels, `ß` as `ss`, and the `e` of `ae`, `oe`, `ue` left out. The `u` of
 * `ue` must not follow a vowel or `q`: `neue` and `quelle` stay. After the Snowball algorithm German2, as Lucene's
 * GermanNormalizationFilter.
 */
export function normalizeGerman(word: string): string {
  if (!/[äöüß]|[aou]e/.test(word)) return word;
  let result = '';
  /** Whether an `e` here would be that of an umlaut. */
  let mayBeUmlaut = false;
  /** Whether a `u` here could begin an umlaut. */
  let mayBegin = true;
  for (const letter of word) {
    if (letter === 'e' && mayBeUmlaut) {
      [mayBeUmlaut, mayBegin] = [false, false];
      continue;
    }
    const plain = UMLAUTS.get(letter);
    result += plain ?? (letter === 'ß' ? 'ss' : letter);
    mayBeUmlaut = letter === 'a' || letter === 'o' || (letter === 'u' && mayBegin);
    mayBegin = !mayBeUmlaut && plain === undefined && !'aeiouqy'.includes(letter);
  }
  return result;
}
