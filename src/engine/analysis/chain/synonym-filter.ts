/**
 * The filters `synonym` and `synonym_graph`: put what stands for a run of words into its place, the longest run first.
 * Positions of an index form a row and no graph: a run takes as many positions as its longest reading has words, and what
 * follows moves on, as after Lucene's SynonymGraphFilter and FlattenGraphFilter. Readings of several words share positions
 * from the run's first one on.
 */
import type { SynonymMap, SynonymNode } from './synonyms.ts';
import { type ChainToken, newToken, type TokenFilter, type TokenStage } from './token-stage.ts';

/** The filter of a set of rules. */
export function synonymFilter(synonyms: SynonymMap): TokenFilter {
  return { open: (next) => new SynonymStage(next, synonyms) };
}

class SynonymStage implements TokenStage {
  readonly #next: TokenStage;
  readonly #synonyms: SynonymMap;
  /** Tokens that may yet begin a run. */
  readonly #waiting: ChainToken[] = [];
  /** By how much readings that are longer or shorter than their runs have moved what follows. */
  #moved = 0;

  constructor(next: TokenStage, synonyms: SynonymMap) {
    this.#next = next;
    this.#synonyms = synonyms;
  }

  token(token: ChainToken): void {
    this.#waiting.push(token);
    while (token.position - (this.#waiting[0]?.position ?? token.position) >= this.#synonyms.longest) this.#advance();
  }

  end(positions: number): void {
    while (this.#waiting.length > 0) this.#advance();
    this.#next.end(positions + this.#moved);
  }

  /** Deals with the first token that waits: a run that begins there, or the token alone. */
  #advance(): void {
    const run = this.#longestRun();
    const matched = this.#waiting.splice(0, run?.length ?? 1);
    for (const token of matched) token.position += this.#moved;
    if (run === undefined) for (const token of matched) this.#next.token(token);
    else this.#replace(matched, run.node);
  }

  /** The longest rule whose words wait, each in the position after the one before. */
  #longestRun(): { readonly node: SynonymNode; readonly length: number } | undefined {
    let node: SynonymNode | undefined = this.#synonyms.root;
    let best: { node: SynonymNode; length: number } | undefined;
    for (let i = 0; i < this.#waiting.length; i++) {
      const token = this.#waiting[i]!;
      if (i > 0 && token.position !== this.#waiting[i - 1]!.position + 1) break;
      node = node.next.get(token.term);
      if (node === undefined) break;
      if (node.outputs.length > 0) best = { node, length: i + 1 };
    }
    return best;
  }

  #replace(matched: readonly ChainToken[], { outputs, keepsInput }: SynonymNode): void {
    const [first, last] = [matched[0]!, matched.at(-1)!];
    const width = Math.max(keepsInput ? matched.length : 0, ...outputs.map(({ length }) => length));
    const spanOf = (readingLength: number): number => (readingLength === 1 ? width : 1);
    const made = keepsInput ? [...matched] : [];
    for (const token of made) token.positionLength = spanOf(matched.length);
    for (const output of outputs) {
      output.forEach((word, i) => {
        const token = newToken(word, first.position + i, [first.start, last.end]);
        made.push({ ...token, type: 'SYNONYM', positionLength: spanOf(output.length) });
      });
    }
    made.sort((a, b) => a.position - b.position);
    for (const token of made) this.#next.token(token);
    this.#moved += width - matched.length;
  }
}
