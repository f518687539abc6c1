/** Which terms of a field `terms` takes: exact ones, or those that a regular expression describes, less others. */
import { CoppiceError } from '../../errors.ts';
import { type Automaton, DEAD } from '../automata/automaton.ts';
import { regexpAutomaton } from '../automata/regexp-automaton.ts';
import type { InvertedField } from '../part/index-part.ts';
import { termBytes } from '../part/term-bytes.ts';
import type { TermSelection } from './aggregation.ts';

type Compiled = { readonly values: ReadonlySet<number | string> } | { readonly automaton: Automaton };

/** What is included and what is excluded. */
export class TermFilter {
  readonly #include: Compiled | undefined;
  readonly #exclude: Compiled | undefined;

  /** @throws CoppiceError `BAD_REQUEST` for a pattern on numbers, and for one that cannot be read. */
  constructor(
    {
      include,
      exclude,
    }: { readonly include?: TermSelection | undefined; readonly exclude?: TermSelection | undefined },
    { field, isKeyword }: { readonly field: string; readonly isKeyword: boolean },
  ) {
    const compile = (selection: TermSelection | undefined): Compiled | undefined => {
      if (selection === undefined) return undefined;
      if ('values' in selection)
        return { values: new Set(selection.values.map((value) => (isKeyword ? String(value) : Number(value)))) };
      if (isKeyword) return { automaton: regexpAutomaton(selection.pattern) };
      throw new CoppiceError(
        'BAD_REQUEST',
        `field [${field}] has no strings: [include] and [exclude] take lists of values`,
      );
    };
    this.#include = compile(include);
    this.#exclude = compile(exclude);
  }

  /** Whether every term is taken. */
  get takesAll(): boolean {
    return this.#include === undefined && this.#exclude === undefined;
  }

  /** Whether a term is taken. */
  takes(term: number | string): boolean {
    return (
      (this.#include === undefined || isIn(this.#include, term)) &&
      !(this.#exclude !== undefined && isIn(this.#exclude, term))
    );
  }

  /** The terms of a part that are taken, as ones by number. */
  takenOf(inverted: InvertedField): Uint8Array {
    const taken =
      this.#include === undefined ? new Uint8Array(inverted.termCount).fill(1) : marked(this.#include, inverted);
    if (this.#exclude === undefined) return taken;
    const excluded = marked(this.#exclude, inverted);
    for (let term = 0; term < taken.length; term++) if (excluded[term] === 1) taken[term] = 0;
    return taken;
  }
}

function marked(selection: Compiled, inverted: InvertedField): Uint8Array {
  const marks = new Uint8Array(inverted.termCount);
  if ('automaton' in selection) {
    inverted.accepted(selection.automaton, (term) => {
      marks[term] = 1;
      return true;
    });
    return marks;
  }
  for (const value of selection.values) {
    const term = inverted.lookup(String(value));
    if (term >= 0) marks[term] = 1;
  }
  return marks;
}

function isIn(selection: Compiled, term: number | string): boolean {
  if ('values' in selection) return selection.values.has(term);
  const { automaton } = selection;
  let state = automaton.start;
  for (const byte of termBytes(String(term))) {
    state = automaton.step(state, byte);
    if (state === DEAD) return false;
  }
  return automaton.accepts(state);
}
