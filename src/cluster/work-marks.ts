/**
 * Marks that a copy sets while code of its actor runs, where the thread that looks after it can see them: should the code
 * never come back, or take the thread down, they tell whose it was.
 */

/** Kinds of work, in the order of their numbers in the black box. */
export const WORK_KINDS = ['open', 'apply', 'decide', 'query', 'maintain'] as const;

/** What a copy does. */
export type WorkKind = (typeof WORK_KINDS)[number];

/** More about it: which operation of which log record is applied, which request is worked on. */
export type WorkDetail = { readonly seq?: number; readonly place?: number; readonly ticket?: number };

/** The marks of one copy. */
export interface WorkMarks {
  /** The actor's code is about to run. Marks do not nest: the last one counts. */
  begin(kind: WorkKind, detail?: WorkDetail): void;
  /** It has come back. */
  end(): void;
}

/** Marks that nobody looks at: of copies on the thread of their leaf. */
export const NO_MARKS: WorkMarks = { begin: () => {}, end: () => {} };

/** Finds the marks of a copy. */
export type MarksOf = (copy: {
  readonly group: string;
  readonly generation: string;
  readonly shard: number;
}) => WorkMarks;
