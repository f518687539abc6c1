/**
 * Stops a run in which a test takes too long. A test that waits for ever is reported from a timer, in order; one that
 * never yields is reported by a second thread, which can only kill the process.
 */
import { Worker } from 'node:worker_threads';
import { onSlow, TEST_LIMIT_MS } from '../slow.ts';
import type { Tally } from './tally.ts';

/** How much later than the timer the second thread acts, as a share of the limit. */
const THREAD_MARGIN = 0.1;

/** What uvu prints for each test that has ended, with or without colour. */
const MARK = /^(?:\u001b\[\d+m)?[•✘] /;

/** Columns shared with the second thread: when it should act, and what to print then. */
const ACT_AT_MS = 0;
const PASSED = 1;
const FAILED = 2;

const THREAD = `
  const { writeSync } = require('node:fs');
  const shared = new Float64Array(require('node:worker_threads').workerData);
  setInterval(() => {
    const actAtMs = shared[${ACT_AT_MS}]; // read once: the test may end, and set it to 0, at any moment
    if (actAtMs === 0 || Date.now() < actAtMs) return;
    writeSync(1, '\\n  FAIL  a test never yields; the run is killed\\n\\n' + shared[${PASSED}] + ' passed, ' + (shared[${FAILED}] + 1) + ' failed\\n');
    process.kill(process.pid, 'SIGKILL');
  }, 100);
`;

/** Guards one phase at a time, and within it one test at a time. */
export class Watchdog {
  readonly #tally: Tally;
  readonly #limitMs: number;
  readonly #shared = new Float64Array(new SharedArrayBuffer(24));
  #timer: NodeJS.Timeout | undefined;
  #phase = '';
  #testsEnded = 0;

  constructor(tally: Tally, limitMs = TEST_LIMIT_MS) {
    this.#tally = tally;
    this.#limitMs = limitMs;
    new Worker(THREAD, { eval: true, workerData: this.#shared.buffer }).unref();
    onSlow((slowLimitMs) => this.#arm(slowLimitMs));
    this.#watchMarks();
  }

  /** Runs one phase of a file. Ends the process if it, or one test in it, takes longer than the limit. */
  async guard<T>(phase: string, run: () => Promise<T>): Promise<T> {
    this.#phase = phase;
    this.#testsEnded = 0;
    this.#arm(this.#limitMs);
    try {
      return await run();
    } finally {
      this.#disarm();
    }
  }

  #arm(limitMs: number): void {
    this.#disarm();
    this.#timer = setTimeout(() => this.#stop(limitMs), limitMs);
    this.#shared.set([Date.now() + limitMs * (1 + THREAD_MARGIN), this.#tally.passed, this.#tally.failed]);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shared[ACT_AT_MS] = 0;
  }

  #stop(limitMs: number): void {
    const open = process.getActiveResourcesInfo().join(', ');
    this.#tally.fail(
      `${this.#phase}: test ${this.#testsEnded + 1} is still running after ${limitMs / 1000} s; open: ${open}`,
    );
    process.exit();
  }

  /** uvu tells nobody that a test has ended but the terminal. */
  #watchMarks(): void {
    // oxlint-disable-next-line typescript/unbound-method -- the proxy hands `this` on
    process.stdout.write = new Proxy(process.stdout.write, {
      apply: (write, self, args) => {
        if (this.#timer !== undefined && MARK.test(String(args[0]))) {
          this.#testsEnded += 1;
          this.#arm(this.#limitMs);
        }
        return Reflect.apply(write, self, args);
      },
    });
  }
}
