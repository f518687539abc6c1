/** What clients did and were told, for the checker. */

/** How a write ended for its caller: `none` means that it is known not to have been applied. */
export type WriteEnd =
  | { readonly kind: 'acknowledged'; readonly at: number; readonly shard: number; readonly seq: number }
  | { readonly kind: 'none'; readonly code: string }
  | { readonly kind: 'unknown'; readonly code: string };

/** One write of the ledger. */
export type LedgerWrite = {
  readonly key: string;
  readonly tag: string;
  readonly expected: number | undefined;
  end?: WriteEnd;
};

/** One read of the ledger that was answered: everything acknowledged up to the token's sequence must be in it. */
export type LedgerRead = {
  readonly key: string;
  readonly token: Readonly<Record<string, number>>;
  readonly tags: readonly string[];
};

/** An answer over all shards: everything of the token must be in it, each once. */
export type WholeRead = { readonly token: Readonly<Record<string, number>>; readonly tags: readonly string[] };

/** One write of a document, perhaps over an earlier one of the same client, which has ended. Texts differ. */
export type DocumentWrite = { readonly id: string; readonly text: string; end?: WriteEnd };

/** A search that claims to have seen all shards. */
export type SearchRead = { readonly token: Readonly<Record<string, number>>; readonly ids: readonly string[] };

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
