/** What a query looks for in one field, made ready to be asked token by token. */
import { type Automaton, DEAD } from '../automata/automaton.ts';
import { termBytes } from '../part/term-bytes.ts';
import type { SoughtTerms } from '../query/sought-terms.ts';

/** A phrase that a query looks for. */
export type SoughtPhrase = Extract<SoughtTerms, { kind: 'phrase' }>;

/** Terms, patterns and phrases of one field. */
export class SoughtWords {
  readonly phrases: readonly SoughtPhrase[];
  /** Terms looked for by themselves, wherever they stand. */
  readonly terms: ReadonlySet<string>;
  /** Terms that phrases are made of. */
  readonly phraseTerms: ReadonlySet<string>;
  readonly #automata: readonly Automaton[];
  readonly #accepted = new Map<string, boolean>();

  constructor(sought: readonly SoughtTerms[]) {
    const phrases = sought.filter((one) => one.kind === 'phrase').filter(({ places }) => places.length > 0);
    this.phrases = phrases.filter(({ places }) => places.length > 1);
    const single = phrases.filter(({ places }) => places.length === 1).flatMap(({ places }) => places[0]?.terms ?? []);
    this.terms = new Set([...sought.filter((one) => one.kind === 'term').map(({ term }) => term), ...single]);
    this.phraseTerms = new Set(this.phrases.flatMap(({ places }) => places.flatMap(({ terms }) => terms)));
    this.#automata = sought.filter((one) => one.kind === 'automaton').map(({ automaton }) => automaton);
  }

  /** Whether only terms and phrases are looked for, no patterns. */
  get hasOnlyTerms(): boolean {
    return this.#automata.length === 0;
  }

  /** Whether a term is looked for by itself, or a pattern accepts it. */
  has(term: string): boolean {
    if (this.terms.has(term)) return true;
    if (this.#automata.length === 0) return false;
    let accepted = this.#accepted.get(term);
    if (accepted === undefined) {
      const bytes = termBytes(term);
      accepted = this.#automata.some((automaton) => accepts(automaton, bytes));
      if (this.#accepted.size < MAX_REMEMBERED) this.#accepted.set(term, accepted);
    }
    return accepted;
  }
}

const MAX_REMEMBERED = 50_000;

function accepts(automaton: Automaton, bytes: Uint8Array): boolean {
  let state = automaton.start;
  for (const byte of bytes) {
    if (automaton.acceptsAll(state)) return true;
    state = automaton.step(state, byte);
    if (state === DEAD) return false;
  }
  return automaton.accepts(state);
}
