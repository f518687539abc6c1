/** Terms that begin with given characters: what `prefix` queries, and the last word of a search as you type, look for. */
import { termBytes } from '../part/term-bytes.ts';
import { foldAscii } from './ascii-case.ts';
import { type Automaton, DEAD } from './automaton.ts';

/**
 * The terms that begin with `prefix`.
 *
 * @param options.caseInsensitive Takes ASCII letters in either case, as Lucene does; other letters as they are.
 */
export function prefixAutomaton(prefix: string, options: { readonly caseInsensitive?: boolean } = {}): Automaton {
  const folds = options.caseInsensitive === true;
  const bytes = termBytes(prefix);
  if (folds) for (let i = 0; i < bytes.length; i++) bytes[i] = foldAscii(bytes[i]!);
  return new PrefixAutomaton(bytes, folds);
}

/** State `n`: the first `n` bytes are there. */
class PrefixAutomaton implements Automaton {
  readonly start = 0;
  readonly #bytes: Uint8Array;
  readonly #folds: boolean;

  constructor(bytes: Uint8Array, folds: boolean) {
    this.#bytes = bytes;
    this.#folds = folds;
  }

  step(state: number, byte: number): number {
    if (state === this.#bytes.length) return state;
    return (this.#folds ? foldAscii(byte) : byte) === this.#bytes[state] ? state + 1 : DEAD;
  }

  accepts(state: number): boolean {
    return state === this.#bytes.length;
  }

  acceptsAll(state: number): boolean {
    return state === this.#bytes.length;
  }
}
