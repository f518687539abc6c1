/**
 * Compares two peers on the tasks of a class: rounds in turn, so that what disturbs the machine disturbs both. Of each
 * task the least time of the passes of a round counts, of the rounds the median; a class's time is the sum of its tasks'.
 */
import { median, quantile } from '../figures.ts';
import type { Peer } from './peer.ts';
import type { Mode, Task } from './protocol.ts';
import type { Comparison } from './report.ts';

export type Race = {
  readonly name: string;
  readonly tasks: readonly Task[];
  readonly mode: Mode;
  readonly rounds: number;
  readonly passes: number;
  /** Most time of one peer in one round; if the first pass takes longer, only the tasks it came to are compared. */
  readonly budgetMs: number;
};

/** Runs all tasks in all modes, again and again. A class that the peer cannot run is left to the race to tell of. */
export async function warmUp(peer: Peer, classes: readonly (readonly Task[])[], forMs: number): Promise<void> {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    for (const mode of ['top10', 'top10count', 'count'] as const) {
      for (const tasks of classes) await peer.search(tasks, { mode, passes: 3, budgetMs: 500 }).catch(() => undefined);
    }
  }
}

/** Runs a race, with one round before it that does not count. */
export async function race(ours: Peer, theirs: Peer, race: Race): Promise<Comparison> {
  const { rounds, tasks } = race;
  await theirs.search(tasks, race);
  await ours.search(tasks, race);
  const [ourRounds, theirRounds]: [(readonly number[])[], (readonly number[])[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ourRounds.push((await ours.search(tasks, race)).micros);
    theirRounds.push((await theirs.search(tasks, race)).micros);
  }
  const count = Math.min(...[...ourRounds, ...theirRounds].map(({ length }) => length));
  const [ourMicros, theirMicros] = [mediansOf(ourRounds, count), mediansOf(theirRounds, count)];
  return {
    class: race.name,
    peer: theirs.name,
    ratio: sum(theirMicros) / sum(ourMicros),
    figures: {
      tasks: count,
      'our qps': Math.round((1e6 * count) / sum(ourMicros)),
      'p50 µs': quantile(ourMicros, 0.5),
      'p99 µs': quantile(ourMicros, 0.99),
      'their p50': quantile(theirMicros, 0.5),
      'their p99': quantile(theirMicros, 0.99),
    },
  };
}

function mediansOf(rounds: readonly (readonly number[])[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => median(rounds.map((micros) => micros[i]!)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
