/**
 * What the benches and their peers say to each other: a peer is a process that takes commands as lines of JSON on its
 * input and answers each with one line. Peers are written in TypeScript, Java and Python, so this is the one place
 * where the shapes are told.
 */

/** A search. `text` are words in lower case; `prefix` and `fuzzy` take one word, `all` none. The field is `text`. */
export type Task = {
  readonly class: string;
  readonly kind: 'or' | 'and' | 'phrase' | 'prefix' | 'fuzzy' | 'all';
  readonly text: string;
  readonly slop?: number;
  readonly edits?: number;
  readonly filter?: TaskFilter;
  readonly sort?: { readonly field: 'created' | 'num_authors'; readonly order: 'asc' | 'desc' };
};

/** A term of a keyword field, or a range of a date field in milliseconds. */
export type TaskFilter =
  | { readonly field: 'primary'; readonly value: string }
  | { readonly field: 'created'; readonly gte: number; readonly lt: number };

/** What of a task's shape a peer can do. */
export type Offer = Task['kind'] | 'filter' | 'sort' | 'slop';

/**
 * What one search does: the best ten with no need to count, the best ten and the exact number of matches, or the number
 * alone.
 */
export type Mode = 'top10' | 'top10count' | 'count';

export type IndexCommand = {
  readonly do: 'index';
  /** A file of documents as JSON Lines. */
  readonly corpus: string;
  /** A folder for the index; what is there is removed. */
  readonly folder: string;
  readonly count: number;
  /** Leaves out each line whose number (from 0) this divides. 0: none. */
  readonly skipEvery?: number;
  /** Whether a document replaces one of its id. Default true. */
  readonly upsert?: boolean;
  /** Whether Lucene compresses stored sources with deflate rather than LZ4. */
  readonly deflate?: boolean;
};

export type Command =
  | { readonly do: 'hello' }
  | IndexCommand
  | { readonly do: 'merge' }
  | { readonly do: 'delete'; readonly every: number }
  | { readonly do: 'open'; readonly folder: string }
  | { readonly do: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly do: 'search'; readonly mode: Mode; readonly passes: number; readonly budgetMs: number }
  | { readonly do: 'answers'; readonly limit: number }
  | { readonly do: 'memory' }
  /** Closes the index, so that another process may open it. */
  | { readonly do: 'release' };

export type Hello = {
  readonly peer: string;
  readonly version: string;
  /** How the peer reaches its index, and on what it runs. */
  readonly access: string;
  /** Without it: everything. */
  readonly offers?: readonly Offer[];
};

/** After a change of the index. */
export type IndexState = { readonly segments: number; readonly liveDocs: number; readonly bytes: number };

/**
 * Wall time of the one thread and processor time of the whole process; neither counts reading and parsing documents.
 * `heapBytes`: held after collection when the last document was taken and nothing was committed.
 */
export type IndexReport = IndexState & {
  readonly docs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly heapBytes: number;
};

/** Until the index is open, and until a first search is answered. */
export type OpenReport = IndexState & { readonly wallMs: number; readonly firstMs: number };

/** Least microseconds of each task, in order; fewer than there are tasks if the budget ended the first pass. */
export type SearchReport = { readonly micros: readonly number[]; readonly hits: readonly number[] };

/** Exact totals, and for each task the best hits: id and score, 0 where sorted by a field. */
export type AnswerReport = {
  readonly hits: readonly number[];
  readonly top: readonly (readonly (readonly [id: string, score: number])[])[];
};

/** Bytes held after collection. */
export type MemoryReport = { readonly bytes: number };

/** A document of either corpus. */
export type CorpusDocument = {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly primary: string;
  readonly categories: readonly string[];
  readonly num_authors: number;
  /** A day, `2015-03-31`. */
  readonly created: string;
};
