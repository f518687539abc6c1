/**
 * The filters `synonym` and `synonym_graph`: put what stands for a run of words into its place, the longest run first.
 * A synonym of several words takes as many positions from the run's first one on; where it is longer than the run, its
 * last words share positions with what follows, since positions of an index form a row and no graph.
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
  /** Words of synonyms whose positions lie ahead, by rising position. */
  readonly #ahead: ChainToken[] = [];
  #lastPosition = -1;

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
    this.#handOnUntil(Number.POSITIVE_INFINITY);
    this.#next.end(Math.max(positions, this.#lastPosition + 1));
  }

  /** Deals with the first token that waits: a run that begins there, or the token alone. */
  #advance(): void {
    const run = this.#longestRun();
    if (run === undefined) {
      const token = this.#waiting.shift();
      if (token !== undefined) this.#handOn(token);
      return;
    }
    const matched = this.#waiting.splice(0, run.length);
    const { outputs, keepsInput } = run.node;
    for (const output of outputs) this.#place(output, matched);
    if (keepsInput) for (const token of matched) this.#handOn(token);
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

  /** Puts the words of a synonym into the positions of what it stands for. */
  #place(words: readonly string[], matched: readonly ChainToken[]): void {
    const [first, last] = [matched[0]!, matched.at(-1)!];
    words.forEach((word, i) => {
      const token = newToken(word, first.position + i, [first.start, last.end]);
      token.type = 'SYNONYM';
      token.positionLength = words.length === 1 ? matched.length : 1;
      const at = this.#ahead.findLastIndex(({ position }) => position <= token.position);
      this.#ahead.splice(at + 1, 0, token);
    });
  }

  #handOn(token: ChainToken): void {
    this.#handOnUntil(token.position);
    this.#emit(token);
  }

  /** Hands on the words of synonyms that come before a position. */
  #handOnUntil(position: number): void {
    while (this.#ahead.length > 0 && this.#ahead[0]!.position < position) this.#emit(this.#ahead.shift()!);
  }

  #emit(token: ChainToken): void {
    this.#lastPosition = Math.max(this.#lastPosition, token.position);
    this.#next.token(token);
  }
}
