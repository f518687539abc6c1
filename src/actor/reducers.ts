/**
 * Merging what `all` polling brought back. Ready-made reducers go by name and run in any root; a function runs where
 * the user's code is.
 */

/**
 * How partial answers become one. `sum` adds numbers, or the number fields of objects; `concat` joins lists in shard
 * order; `merge` joins objects, later shards winning; `topk` joins lists and keeps the `k` best by a number field.
 */
export type ReducerSpec =
  | 'concat'
  | 'sum'
  | 'merge'
  | { readonly topk: { readonly by: string; readonly k?: number; readonly order?: 'desc' | 'asc' } }
  | ((partials: readonly unknown[], request: unknown) => unknown);
