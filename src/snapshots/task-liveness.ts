/** Whether the leaf that carries a task out is still there: the bus knows at once that nobody serves its subject. */
import type { ClusterContext } from '../cluster/context.ts';
import { pause } from '../env.ts';
import { isCoppiceError } from '../errors.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';

const ASKED_TWICE = 2;
/** A leaf whose link was cut is back on the bus within this time, as a rule. */
const APART_MS = 500;
const ANSWER_MS = 2_000;

/**
 * Whether a task of this cluster is dead: nobody serves it, and nobody does a little later; or it has ended, as its leaf still
 * tells. What is silent is not dead.
 */
export async function isTaskDead({ rpc, env, cluster }: ClusterContext, task: string): Promise<boolean> {
  const subject = fill(SUBJECTS.snapshotTask, { cluster, task });
  for (let asked = 1; ; asked++) {
    try {
      const answer = await rpc.request(subject, {}, { deadlineMs: ANSWER_MS });
      return hasEnded(answer);
    } catch (error) {
      if (!isCoppiceError(error, 'NO_RESPONDERS')) return false;
    }
    if (asked === ASKED_TWICE) return true;
    await pause(env.clock, APART_MS);
  }
}

function hasEnded(answer: unknown): boolean {
  const state = typeof answer === 'object' && answer !== null && 'state' in answer ? answer.state : undefined;
  return state === 'done' || state === 'failed';
}
