/** Articles that are joined to the next word by an apostrophe: `l'avion` is `avion`. */

/** The articles of Lucene's analyzers. */
export const ELIDED_ARTICLES = {
  catalan: new Set('d l m n s t'.split(' ')),
  french: new Set('l m t qu n s j d c jusqu quoiqu lorsqu puisqu'.split(' ')),
  irish: new Set('d m b'.split(' ')),
  italian: new Set('c l all dall dell nell sull coll pell gl agl dagl degl negl sugl un m t s v d'.split(' ')),
} as const satisfies Record<string, ReadonlySet<string>>;

/** A word without the article and the first apostrophe, if what stands before it is one of `articles`. */
export function withoutArticle(
  word: string,
  articles: ReadonlySet<string>,
  { ignoresCase = false }: { readonly ignoresCase?: boolean } = {},
): string {
  const at = word.search(/['\u2019]/);
  if (at < 0) return word;
  const article = word.slice(0, at);
  return articles.has(ignoresCase ? article.toLowerCase() : article) ? word.slice(at + 1) : word;
}
