/**
 * The count of a test run and its last word. Every failure goes through here, so that a run that ends early, however
 * it ends, still says so, prints its summary line and exits with 1.
 */

/** Counts tests and prints failures as they come. */
export class Tally {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  #completed = false;
  #place = 'test/main.ts';

  /** Tests that passed so far. */
  get passed(): number {
    return this.#passed;
  }

  /** Failures so far: failed tests, and what else makes a run invalid. */
  get failed(): number {
    return this.#failed;
  }

  /** Names the file that failures belong to from here on. */
  enter(place: string): void {
    this.#place = place;
  }

  /** Adds what a suite reports of itself; `failed` are failures that were printed already. */
  add(counts: { readonly passed: number; readonly failed: number; readonly skipped: number }): void {
    this.#passed += counts.passed;
    this.#failed += counts.failed;
    this.#skipped += counts.skipped;
  }

  /** Counts and prints one failure. `cause` may be anything that was thrown. */
  fail(what: string, ...cause: readonly unknown[]): void {
    this.#failed += 1;
    process.stdout.write(`\n  FAIL  ${this.#place}: ${what}\n${cause.map(describe).join('')}\n`);
  }

  /** Says that every selected file was run to its end. */
  complete(): void {
    this.#completed = true;
  }

  /** Prints the summary, whose last line is `N passed, N failed`, and sets the exit code. For the `exit` event. */
  finish(): void {
    if (!this.#completed && this.#failed === 0) this.fail('the process ended before the tests did');
    if (this.#passed + this.#failed === 0) this.fail('no test was run');
    if (this.#skipped > 0) process.stdout.write(`\n${this.#skipped} skipped`);
    process.stdout.write(`\n${this.#passed} passed, ${this.#failed} failed\n`);
    process.exitCode = this.#failed === 0 ? 0 : 1;
  }
}

function describe(thrown: unknown): string {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : `thrown: ${String(thrown)}`;
  return text.replaceAll(/^/gm, '    ').concat('\n');
}
