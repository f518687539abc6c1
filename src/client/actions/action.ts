/**
 * What a public action is: a function of a root, an index name and a body. Every action has its own file beside this
 * one; `actions.ts` is the table.
 */
import type { ClusterContext } from '../../cluster/context.ts';
import { Deadline } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import { checkName } from '../../wire/names.ts';
import type { GroupRecord } from '../../wire/records.ts';
import type { CallOptions, Router } from '../router.ts';
import type { Writer } from '../writer.ts';

/** Stands for the index where none applies, or several do. */
export const NO_INDEX = '_';

/** What actions work with. */
export type Root = { readonly context: ClusterContext; readonly router: Router; readonly writer: Writer };

/** Runs one action. Throws CoppiceError. */
export type RunAction = (
  root: Root,
  request: { index: string; body: unknown },
  options: CallOptions,
) => Promise<unknown>;

/** A row of the table of actions. */
export type Action = {
  readonly run: RunAction;
  /** `one`: needs an index; `any`: an index or `_`; `none`: only `_`; `snapshot`: the name of a snapshot in its place. */
  readonly index: 'one' | 'any' | 'none' | 'snapshot';
  /** Budget of a request that names none. */
  readonly deadlineMs: number;
  readonly summary: string;
  /** A body, as one line of JSON. */
  readonly example: string;
};

/** The group of a search index. Throws `GROUP_NOT_FOUND`, or `BAD_REQUEST` for a group that is no index. */
export async function searchGroup({ router }: Root, index: string): Promise<GroupRecord> {
  const group = await router.group(checkName('index', index));
  if (group.actor !== 'search')
    throw new CoppiceError(
      'BAD_REQUEST',
      `\`${index}\` is a group of the actor \`${group.actor}\`, not a search index: use \`call\``,
    );
  return group;
}

/** Narrows a deadline to a timeout that the body names. */
export function within(root: Root, options: CallOptions, timeoutMs: number | undefined): CallOptions {
  if (timeoutMs === undefined || timeoutMs >= options.deadline.remainingMs()) return options;
  return { ...options, deadline: new Deadline(root.context.env.clock, timeoutMs) };
}

/** Measures whole milliseconds from now. */
export function stopwatch({ context }: Root): () => number {
  const startMs = context.env.clock.nowMs();
  return () => Math.round(context.env.clock.nowMs() - startMs);
}
