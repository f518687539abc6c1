/** Lists of words that carry no meaning of their own, by language. English is Lucene's; the others are the package's. */

/** The stop words of Lucene's EnglishAnalyzer and StopAnalyzer. */
export const ENGLISH_STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a an and are as at be but by for if in into is it no not of on or such that the their then there these they ' +
    'this to was will with'
  ).split(' '),
);
