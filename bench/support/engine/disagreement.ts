/** Compares answers of two engines to the same tasks and tells how each pair that differs does so. */
import type { AnswerReport, Task } from './protocol.ts';

type Hit = readonly [id: string, score: number];

/** Kinds of difference, the plainest first. */
export type Difference = {
  readonly class: string;
  readonly text: string;
  readonly kind: 'number of hits' | 'scores' | 'order of equal scores' | 'hits';
  readonly detail: string;
};

/** Scores that differ by less, relative to their size, are equal: a float32 has 24 bits. */
const TOLERANCE = 1e-6;

/** One entry for each task whose answers are not the same. */
export function disagreements(tasks: readonly Task[], ours: AnswerReport, theirs: AnswerReport): Difference[] {
  return tasks.flatMap((task, i) => {
    const found = differenceOf(
      { total: ours.hits[i] ?? -1, top: ours.top[i] ?? [] },
      { total: theirs.hits[i] ?? -1, top: theirs.top[i] ?? [] },
    );
    const text = `${task.text}${task.filter === undefined ? '' : ` ${JSON.stringify(task.filter)}`}`;
    return found === undefined ? [] : [{ class: task.class, text, ...found }];
  });
}

type Answer = { readonly total: number; readonly top: readonly Hit[] };

function differenceOf(ours: Answer, theirs: Answer): Pick<Difference, 'kind' | 'detail'> | undefined {
  if (ours.total !== theirs.total) return { kind: 'number of hits', detail: `${ours.total} and ${theirs.total}` };
  const rank = ours.top.findIndex((hit, i) => !isSame(hit, theirs.top[i]));
  if (rank === -1 && ours.top.length === theirs.top.length) return undefined;
  const [mine, other] = [ours.top[rank], theirs.top[rank]];
  const detail = `rank ${rank}: ${String(mine)} and ${String(other)}`;
  if (mine === undefined || other === undefined) return { kind: 'hits', detail };
  if (mine[0] === other[0]) return { kind: 'scores', detail };
  if (isClose(mine[1], other[1])) return { kind: 'order of equal scores', detail };
  return { kind: 'hits', detail };
}

function isSame(mine: Hit, other: Hit | undefined): boolean {
  return other !== undefined && mine[0] === other[0] && isClose(mine[1], other[1]);
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
