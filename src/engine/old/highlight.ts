/**
 * Marks the words that a query looked for in a stored text, and cuts out the passages around them. Last step of a
 * query, for the hits that are shown. Text is not escaped, as in Elasticsearch.
 */
import { analyze, type Token } from '../analysis/analyze.ts';

/** How to mark and cut. */
export type HighlightOptions = {
  readonly preTag: string;
  readonly postTag: string;
  /** Length of a fragment without tags in UTF-16 units, about; a fragment holds at least one match. */
  readonly fragmentSize: number;
  /** Most fragments to return; 0 returns the whole text. */
  readonly numberOfFragments: number;
};

type Fragment = { readonly start: number; readonly end: number; readonly matches: readonly Token[] };

/**
 * Fragments of `text` with the tokens in `terms` marked, those with most different terms first.
 *
 * @param terms Terms as `analyze` makes them.
 * @returns No fragment if no token matches.
 */
export function highlight(text: string, terms: ReadonlySet<string>, options: HighlightOptions): string[] {
  const tokens = analyze(text);
  const matches = tokens.filter(({ term }) => terms.has(term));
  if (matches.length === 0) return [];
  if (options.numberOfFragments === 0) return [marked(text, { start: 0, end: text.length, matches }, options)];
  const groups = groupsWithin(matches, options.fragmentSize);
  const fragments = fragmentsAround(groups, { tokens, textLength: text.length, fragmentSize: options.fragmentSize });
  const best = fragments.toSorted((a, b) => distinctTerms(b) - distinctTerms(a) || b.matches.length - a.matches.length);
  return best.slice(0, options.numberOfFragments).map((fragment) => marked(text, fragment, options));
}

/** Consecutive matches that fit into one fragment. */
function groupsWithin(matches: readonly Token[], size: number): Token[][] {
  const groups: Token[][] = [];
  for (const match of matches) {
    const group = groups.at(-1);
    if (group !== undefined && match.end - group[0]!.start <= size) group.push(match);
    else groups.push([match]);
  }
  return groups;
}

type Surroundings = { readonly tokens: readonly Token[]; readonly textLength: number; readonly fragmentSize: number };

/** Widens each group evenly to the size of a fragment, up to its neighbours, at the edges of words. */
function fragmentsAround(
  groups: readonly (readonly Token[])[],
  { tokens, textLength, fragmentSize }: Surroundings,
): Fragment[] {
  let previousEnd = 0;
  return groups.map((matches, i) => {
    const [first, last] = [matches[0]!.start, matches.at(-1)!.end];
    const margin = Math.max(0, Math.floor((fragmentSize - (last - first)) / 2));
    const limit = groups[i + 1]?.[0]?.start ?? textLength;
    const start = Math.max(previousEnd, first - margin);
    const end = Math.min(limit, last + margin);
    const words = tokens.filter((token) => token.start >= start && token.end <= end);
    previousEnd = end;
    return {
      start: start === 0 ? 0 : (words[0]?.start ?? first),
      end: end === textLength ? textLength : (words.at(-1)?.end ?? last),
      matches,
    };
  });
}

function distinctTerms({ matches }: Fragment): number {
  return new Set(matches.map(({ term }) => term)).size;
}

function marked(text: string, { start, end, matches }: Fragment, { preTag, postTag }: HighlightOptions): string {
  let [result, at] = ['', start];
  for (const match of matches) {
    result += `${text.slice(at, match.start)}${preTag}${text.slice(match.start, match.end)}${postTag}`;
    at = match.end;
  }
  return result + text.slice(at, end);
}
