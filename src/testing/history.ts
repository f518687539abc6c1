/** What clients did and were told, for the judge: of the simulator's scenarios and of chaos on real processes alike. */

/** For each shard, the log sequence that a reader must have seen. */
export type SeenToken = Readonly<Record<string, number>>;

/**
 * How a write ended for its caller: `none` means that it is known not to have been applied. `at` is the place in its
 * list, or the version of its document.
 */
export type WriteEnd =
  | { readonly kind: 'acknowledged'; readonly at: number; readonly token: SeenToken }
  | { readonly kind: 'none'; readonly code: string }
  | { readonly kind: 'unknown'; readonly code: string };

/** One write to the end of a list. `expected` is the place that it must get, if it may get but one. */
export type LedgerWrite = {
  readonly key: string;
  readonly tag: string;
  readonly expected: number | undefined;
  end?: WriteEnd;
};

/** One read of a list that was answered: everything acknowledged up to the token's sequence must be in it. */
export type LedgerRead = { readonly key: string; readonly token: SeenToken; readonly tags: readonly string[] };

/** An answer over all shards: everything of the token must be in it, each once. */
export type WholeRead = { readonly token: SeenToken; readonly tags: readonly string[] };

/**
 * One write of a document, perhaps over an earlier one of the same client, which has ended. Texts differ; without a
 * text it is a deletion. `scope` names the searches that find it.
 */
export type DocumentWrite = {
  readonly id: string;
  readonly text: string | undefined;
  readonly scope?: string;
  end?: WriteEnd;
};

/** A document as a read has found it. */
export type FoundDocument = { readonly id: string; readonly text: string };

/**
 * A read that claims to have seen every shard it needed: a search for all documents of a scope, or, with `ids`, for
 * these alone.
 */
export type SearchRead = {
  readonly token: SeenToken;
  readonly scope?: string;
  readonly ids?: readonly string[];
  readonly found: readonly FoundDocument[];
};

/** A history. */
export class History {
  readonly writes: LedgerWrite[] = [];
  readonly reads: LedgerRead[] = [];
  readonly wholeReads: WholeRead[] = [];
  /** Tags of one key that were written in one call, in its order. */
  readonly sequences: (readonly string[])[] = [];
  readonly documents: DocumentWrite[] = [];
  readonly searches: SearchRead[] = [];
}

/** Whether a read with a token must see an acknowledged write. */
export function covers(token: SeenToken, end: WriteEnd | undefined): boolean {
  if (end?.kind !== 'acknowledged') return false;
  return Object.entries(end.token).every(([shard, seq]) => seq <= (token[shard] ?? 0));
}
