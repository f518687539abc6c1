/**
 * A steady load of single writes and searches, begun on time whether or not the ones before are answered: what a
 * benchmark of faults needs, since callers do not wait for each other either. It remembers what became of each.
 */
import type { Coppice } from '../../src/client/client.ts';
import { asCoppiceError } from '../../src/errors.ts';

/** How much is asked of which index. Rates are per second. */
export type SteadyLoadOptions = {
  readonly client: Coppice;
  readonly index: string;
  readonly writesPerSecond: number;
  readonly searchesPerSecond: number;
  /** Deadline of each request. */
  readonly deadlineMs: number;
  /** Ids of documents begin with it; `w` unless given. */
  readonly prefix?: string;
};

/** A search that was answered whole. Times are of `performance.now()`. */
export type SearchDone = { readonly atMs: number; readonly tookMs: number };

const TICK_MS = 10;
const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'flint', 'grove', 'heath'];

/** The load. It runs from its making until it is stopped. */
export class SteadyLoad {
  /** When each write was acknowledged, in the order of that. */
  readonly ackedAtMs: number[] = [];
  /** Ids of the documents whose write was acknowledged. */
  readonly acked: string[] = [];
  readonly searches: SearchDone[] = [];
  readonly failedWrites: string[] = [];
  /** Searches that failed, or whose answer was not whole. */
  readonly failedSearches: string[] = [];
  readonly #options: SteadyLoadOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #startMs = performance.now();
  readonly #open = new Set<Promise<void>>();
  #writes = 0;
  #searches = 0;

  constructor(options: SteadyLoadOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Requests begun. */
  get begun(): number {
    return this.#writes + this.#searches;
  }

  /** Requests under way. */
  get pending(): number {
    return this.#open.size;
  }

  /** Begins no more, and resolves when all is answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #tick(): void {
    const seconds = (performance.now() - this.#startMs) / 1_000;
    for (; this.#writes < seconds * this.#options.writesPerSecond; this.#writes++) this.#track(this.#write());
    for (; this.#searches < seconds * this.#options.searchesPerSecond; this.#searches++) this.#track(this.#search());
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work.finally(() => this.#open.delete(tracked));
    this.#open.add(tracked);
  }

  async #write(): Promise<void> {
    const { client, index, deadlineMs, prefix = 'w' } = this.#options;
    const id = `${prefix}${this.#writes}`;
    const text = `${wordAt(this.#writes)} ${wordAt(this.#writes >> 3)} number ${this.#writes}`;
    try {
      await client.index(index, { id, doc: { text } }, { deadlineMs });
      this.ackedAtMs.push(performance.now());
      this.acked.push(id);
    } catch (error) {
      this.failedWrites.push(asCoppiceError(error).message);
    }
  }

  async #search(): Promise<void> {
    const { client, index, deadlineMs } = this.#options;
    const body = { query: { match: { text: wordAt(this.#searches) } }, size: 10 };
    const startMs = performance.now();
    try {
      const answer = await client.search(index, body, { deadlineMs });
      const failed = answer._shards.failed > 0 || answer.timed_out;
      if (failed) this.failedSearches.push(JSON.stringify(answer._shards));
      else this.searches.push({ atMs: startMs, tookMs: performance.now() - startMs });
    } catch (error) {
      this.failedSearches.push(asCoppiceError(error).message);
    }
  }
}

/** The longest time without an acknowledged write from `fromMs` on. */
export function longestGapMs(ackedAtMs: readonly number[], fromMs: number): number {
  let longest = 0;
  for (let at = ackedAtMs.length - 1; at > 0; at--) {
    const later = ackedAtMs[at] ?? 0;
    if (later < fromMs) break;
    longest = Math.max(longest, later - (ackedAtMs[at - 1] ?? later));
  }
  return longest;
}

/** Ids of `acked` that the index does not have. */
export async function lostOf(client: Coppice, index: string, acked: readonly string[]): Promise<readonly string[]> {
  const lost: string[] = [];
  for (let from = 0; from < acked.length; from += LOOK_AT_ONCE) {
    const ids = acked.slice(from, from + LOOK_AT_ONCE);
    const { docs } = (await client.request('mget', index, { ids }, { deadlineMs: 30_000 })) as FoundList;
    lost.push(...docs.filter(({ found }) => found !== true).map(({ _id }) => _id));
    if (docs.length !== ids.length) throw new Error(`asked for ${ids.length} documents, told of ${docs.length}`);
  }
  return lost;
}

const LOOK_AT_ONCE = 500;
type FoundList = { readonly docs: readonly { readonly _id: string; readonly found?: boolean }[] };

function wordAt(place: number): string {
  return WORDS[place % WORDS.length] ?? '';
}
