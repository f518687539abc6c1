/** The automaton of an expression over bytes; its states are made when they are first reached, up to a limit. */
import { CoppiceError } from '../../errors.ts';
import type { Automaton } from './automaton.ts';
import { DEAD } from './automaton.ts';
import { ANYTHING, ByteExpressions, type Expression, NOTHING } from './byte-expressions.ts';

/** States of an automaton unless said otherwise, as in Lucene. */
export const DEFAULT_MAX_STATES = 10_000;
/** Effort that one state may take on the average, and that of the pattern itself; see `ByteExpressions`. */
const EFFORT_PER_STATE = 200;
const EFFORT_OF_PATTERN = 1_000_000;
const UNKNOWN = -2;

/** What the automaton of a pattern needs. */
export type DerivativeOptions = {
  /** Most states. Default 10,000. */
  readonly maxStates: number | undefined;
  /** What the automaton is of, for messages. */
  readonly name: string;
};

/**
 * The automaton of a pattern.
 *
 * @param build Makes the expression of the pattern.
 */
export function derivativeAutomaton(
  { maxStates = DEFAULT_MAX_STATES, name }: DerivativeOptions,
  build: (expressions: ByteExpressions) => Expression,
): Automaton {
  const expressions = new ByteExpressions(EFFORT_OF_PATTERN + EFFORT_PER_STATE * maxStates, name);
  return new DerivativeAutomaton({ expressions, root: build(expressions), maxStates, name });
}

type Derivatives = {
  readonly expressions: ByteExpressions;
  readonly root: Expression;
  readonly maxStates: number;
  readonly name: string;
};

/**
 * An automaton whose states are expressions and whose steps are derivatives.
 *
 * `step` throws CoppiceError `LIMIT_EXCEEDED` once more than `maxStates` states are needed.
 */
class DerivativeAutomaton implements Automaton {
  readonly start = 0;
  readonly #options: Derivatives;
  readonly #states: Expression[];
  readonly #numbers: Map<Expression, number>;
  /** Bytes that no expression tells apart are of one class. */
  readonly #classes: Uint8Array;
  readonly #classCount: number;
  #steps: Int32Array;

  constructor(options: Derivatives) {
    this.#options = options;
    this.#states = [options.root];
    this.#numbers = new Map([[options.root, 0]]);
    this.#classes = new Uint8Array(256);
    const edges = options.expressions.edges();
    let last = 0;
    for (let byte = 1; byte < 256; byte++) this.#classes[byte] = edges.has(byte) ? ++last : last;
    this.#classCount = last + 1;
    this.#steps = new Int32Array(16 * this.#classCount).fill(UNKNOWN);
  }

  step(state: number, byte: number): number {
    const at = state * this.#classCount + this.#classes[byte]!;
    const known = this.#steps[at]!;
    if (known !== UNKNOWN) return known;
    const next = this.#stateOf(this.#options.expressions.derive(this.#states[state]!, byte));
    this.#steps[at] = next;
    return next;
  }

  accepts(state: number): boolean {
    return this.#options.expressions.acceptsEmpty(this.#states[state]!);
  }

  acceptsAll(state: number): boolean {
    return this.#states[state] === ANYTHING;
  }

  #stateOf(expression: Expression): number {
    if (expression === NOTHING) return DEAD;
    const known = this.#numbers.get(expression);
    if (known !== undefined) return known;
    const { maxStates, name } = this.#options;
    if (this.#states.length >= maxStates)
      throw new CoppiceError('LIMIT_EXCEEDED', `${name} needs more than ${maxStates} states`);
    const state = this.#states.push(expression) - 1;
    this.#numbers.set(expression, state);
    this.#makeRoom();
    return state;
  }

  #makeRoom(): void {
    if (this.#states.length * this.#classCount <= this.#steps.length) return;
    const steps = new Int32Array(this.#steps.length * 2).fill(UNKNOWN);
    steps.set(this.#steps);
    this.#steps = steps;
  }
}
