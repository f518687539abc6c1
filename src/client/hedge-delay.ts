/**
 * How long a root waits before it asks a second copy: a running 95th percentile per endpoint, so that about one
 * request in twenty is hedged, and a stopped leaf costs little.
 */

const WINDOW = 256;
const RECOMPUTE_EVERY = 32;
const FIRST_DELAY_MS = 50;
const MIN_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000;
/** A hedge below the usual latency would double the load for nothing. */
const MARGIN = 1.5;

type Latencies = { readonly recent: Float64Array; count: number; delayMs: number };

/** Running percentiles of latency, by endpoint. */
export class HedgeDelay {
  readonly #endpoints = new Map<string, Latencies>();

  /** Milliseconds after which a silent shard is asked again, elsewhere. */
  delayMs(endpoint: string): number {
    return this.#endpoints.get(endpoint)?.delayMs ?? FIRST_DELAY_MS;
  }

  /** Takes the latency of an answered request into account. */
  observe(endpoint: string, tookMs: number): void {
    const latencies = this.#latenciesOf(endpoint);
    latencies.recent[latencies.count % WINDOW] = tookMs;
    latencies.count++;
    if (latencies.count % RECOMPUTE_EVERY === 0) latencies.delayMs = percentile95(latencies) * MARGIN;
    latencies.delayMs = Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, latencies.delayMs));
  }

  #latenciesOf(endpoint: string): Latencies {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known;
    const fresh: Latencies = { recent: new Float64Array(WINDOW), count: 0, delayMs: FIRST_DELAY_MS };
    this.#endpoints.set(endpoint, fresh);
    return fresh;
  }
}

function percentile95({ recent, count }: Latencies): number {
  const filled = recent.slice(0, Math.min(count, WINDOW)).toSorted();
  return filled[Math.floor(filled.length * 0.95)] ?? FIRST_DELAY_MS;
}
