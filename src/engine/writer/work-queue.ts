/**
 * The work behind the writes: flushes and merges, done slice by slice and paid for by later writes. Each job has a price
 * per byte written, set so that it is done before the next one of its size comes: so debts, memory and the number of
 * segments stay bounded, and no write waits long.
 */
import type { Slices } from './slices.ts';

/** A job. */
export type Job = {
  readonly work: Slices;
  /** Units of work that each written byte pays for. */
  readonly unitsPerByte: number;
};

type Entry = { readonly job: Job; credit: number };

/** Jobs that are under way. */
export class WorkQueue {
  #entries: Entry[] = [];

  /** Whether nothing is left to do. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Adds a job. */
  add(job: Job): void {
    this.#entries.push({ job, credit: 0 });
  }

  /** Does all of a job, unless it is done already. */
  finish(job: Job): void {
    const entry = this.#entries.find((other) => other.job === job);
    if (entry !== undefined) while (this.#step(entry));
  }

  /** Does one slice of a job; tells whether it goes on. */
  stepJob(job: Job): boolean {
    const entry = this.#entries.find((other) => other.job === job);
    return entry !== undefined && this.#step(entry);
  }

  /** Lets written bytes pay for each job. What a job throws ends that job, and is thrown. */
  pay(bytes: number): void {
    for (const entry of [...this.#entries]) {
      entry.credit += bytes * entry.job.unitsPerByte;
      while (entry.credit > 0 && this.#step(entry));
    }
  }

  /** Does one slice of the job that came first. Returns whether any is left. */
  step(): boolean {
    const first = this.#entries[0];
    if (first !== undefined) this.#step(first);
    return !this.isEmpty;
  }

  /** Does a slice; tells whether the job goes on. */
  #step(entry: Entry): boolean {
    let isOver = true;
    try {
      const step = entry.job.work.next();
      isOver = step.done ?? false;
      if (!step.done) entry.credit -= step.value;
    } finally {
      if (isOver) this.#entries = this.#entries.filter((other) => other !== entry);
    }
    return !isOver;
  }

  /** Drops all jobs. */
  clear(): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const { job } of entries) job.work.return();
  }
}
