/**
 * The arrays that matchers work in. A search takes a set of them and gives it back, so that the next one finds them
 * warm: fresh typed arrays would cost more than many a query.
 */
import { WINDOW } from '../part/index-part.ts';
import { WINDOW_WORDS } from './window.ts';

const spare: WindowBuffers[] = [];

/** Runs `work` with a set of buffers, which is given back afterwards: nothing of it may be kept. */
export function withBuffers<T>(work: (buffers: WindowBuffers) => T): T {
  const buffers = spare.pop() ?? new WindowBuffers();
  try {
    return work(buffers);
  } finally {
    buffers.reset();
    if (spare.length < 4) spare.push(buffers);
  }
}

/** Hands out arrays of the size of a window. What they hold at first is what was left in them. */
export class WindowBuffers {
  /** For what is read and used up at once, such as the postings of a window. */
  readonly ordinals: Uint32Array = new Uint32Array(WINDOW);
  readonly frequencies: Uint32Array = new Uint32Array(WINDOW);
  readonly #bits: Uint32Array[] = [];
  readonly #scores: Float32Array[] = [];
  readonly #sums: Float64Array[] = [];
  readonly #numbers: Uint32Array[] = [];
  #bitsUsed = 0;
  #scoresUsed = 0;
  #sumsUsed = 0;
  #numbersUsed = 0;

  /** One bit per ordinal of a window; all 0. */
  bits(): Uint32Array {
    const bits = (this.#bits[this.#bitsUsed] ??= new Uint32Array(WINDOW_WORDS));
    this.#bitsUsed++;
    return bits.fill(0);
  }

  /** A float32 per ordinal of a window. */
  scores(): Float32Array {
    return (this.#scores[this.#scoresUsed++] ??= new Float32Array(WINDOW));
  }

  /** A float64 per ordinal of a window. */
  sums(): Float64Array {
    return (this.#sums[this.#sumsUsed++] ??= new Float64Array(WINDOW));
  }

  /** A whole number per ordinal of a window. */
  numbers(): Uint32Array {
    return (this.#numbers[this.#numbersUsed++] ??= new Uint32Array(WINDOW));
  }

  /** Takes all arrays back. */
  reset(): void {
    this.#bitsUsed = 0;
    this.#scoresUsed = 0;
    this.#sumsUsed = 0;
    this.#numbersUsed = 0;
  }
}
