/**
 * Which leaves are up, as one process sees it: every pulse heard, and when, on its own monotonic clock. Pings settle
 * a doubt at once: a dead leaf's subject has no responders.
 */
import type { Bus, BusSubscription } from '../bus/bus.ts';
import type { Rpc } from '../bus/rpc.ts';
import type { Clock, Env, Reporter } from '../env.ts';
import { asCoppiceError, isCoppiceError } from '../errors.ts';
import { decode, encodingOf } from '../wire/codec.ts';
import { nameToToken } from '../wire/names.ts';
import { type CopyStatus, Pulse, parseRecord } from '../wire/records.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';

/** How often a leaf tells of itself. */
export const PULSE_INTERVAL_MS = 500;
/** A pulse older than this says nothing about now. */
export const RECENT_PULSE_MS = 2_000;
const PING_DEADLINE_MS = 400;
/** A leaf not heard for so long is forgotten: hosts have random names, which never come back. */
const FORGET_MS = 60_000;

/** The last pulse of a leaf. */
export type HeardPulse = { readonly pulse: Pulse; readonly atMs: number };

/** Outcome of a ping. */
export type PingResult =
  | { readonly kind: 'answered'; readonly incarnation: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent' };

/** Everyone's pulses. */
export class Membership {
  readonly #bus: Bus;
  readonly #rpc: Rpc;
  readonly #clock: Clock;
  readonly #cluster: string;
  readonly #report: Reporter;
  readonly #heard = new Map<string, HeardPulse>();
  readonly #listeners = new Set<(pulse: Pulse) => void>();
  #subscription: BusSubscription | undefined;
  #lastHeardMs = Number.NEGATIVE_INFINITY;
  #startedMs = 0;

  constructor(options: { bus: Bus; rpc: Rpc; env: Env; cluster: string; report: Reporter }) {
    this.#bus = options.bus;
    this.#rpc = options.rpc;
    this.#clock = options.env.clock;
    this.#cluster = options.cluster;
    this.#report = options.report;
  }

  start(): void {
    this.#startedMs = this.#clock.nowMs();
    const pattern = fill(SUBJECTS.pulse, { cluster: this.#cluster, leaf: '*' });
    this.#subscription = this.#bus.subscribe(pattern, {}, (message) => this.#take(message.data));
  }

  close(): void {
    this.#subscription?.close();
    this.#listeners.clear();
  }

  /** Last pulse of a leaf. */
  pulseOf(leaf: string): HeardPulse | undefined {
    return this.#heard.get(leaf);
  }

  /** Leaves heard within the last `withinMs`. */
  recent(withinMs = RECENT_PULSE_MS): readonly HeardPulse[] {
    const since = this.#clock.nowMs() - withinMs;
    return [...this.#heard.values()].filter(({ atMs }) => atMs >= since);
  }

  /** Every recent copy of a group, with its leaf and the life of it that told. */
  copiesOf(
    group: { name: string; generation: string },
    withinMs = RECENT_PULSE_MS,
  ): readonly (CopyStatus & { leaf: string; incarnation: string })[] {
    return this.recent(withinMs).flatMap(({ pulse }) =>
      pulse.copies
        .filter((copy) => copy.group === group.name && copy.generation === group.generation)
        .map((copy) => ({ ...copy, leaf: pulse.leaf, incarnation: pulse.incarnation })),
    );
  }

  /** Milliseconds since this began to listen: what was not heard for long enough is not there. */
  listeningMs(): number {
    return this.#clock.nowMs() - this.#startedMs;
  }

  /** Milliseconds since any leaf was heard: a silent bus proves nothing about one leaf. */
  silenceMs(): number {
    return this.#clock.nowMs() - this.#lastHeardMs;
  }

  /** Calls `listener` at each pulse, until the function returned is called. */
  onPulse(listener: (pulse: Pulse) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when `check` holds, looked at after every pulse; `false` if it does not within the time. */
  async until(check: () => boolean, withinMs: number): Promise<boolean> {
    if (check()) return true;
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        stop();
        cancel();
        resolve(result);
      };
      const cancel = this.#clock.after(withinMs, () => finish(check()));
      const stop = this.onPulse(() => {
        if (check()) finish(true);
      });
    });
  }

  /** Asks a leaf whether it lives. */
  async ping(leaf: string): Promise<PingResult> {
    const subject = fill(SUBJECTS.leaf, { cluster: this.#cluster, leaf: nameToToken(leaf), command: 'ping' });
    try {
      const answer = await this.#rpc.request(subject, {}, { deadlineMs: PING_DEADLINE_MS });
      return { kind: 'answered', incarnation: incarnationOf(answer) };
    } catch (error) {
      if (isCoppiceError(error, 'NO_RESPONDERS')) return { kind: 'absent' };
      return { kind: 'silent' };
    }
  }

  #forgetOld(): void {
    for (const [leaf, { atMs }] of this.#heard) if (this.#lastHeardMs - atMs > FORGET_MS) this.#heard.delete(leaf);
  }

  #take(data: Uint8Array): void {
    try {
      const pulse = parseRecord(Pulse, decode(data, encodingOf(data)), 'pulse');
      this.#lastHeardMs = this.#clock.nowMs();
      if (!this.#heard.has(pulse.leaf)) this.#forgetOld();
      this.#heard.set(pulse.leaf, { pulse, atMs: this.#lastHeardMs });
      for (const listener of [...this.#listeners]) listener(pulse);
    } catch (error) {
      this.#report('warn', 'pulse ignored', { error: asCoppiceError(error).message });
    }
  }
}

function incarnationOf(answer: unknown): string {
  return typeof answer === 'object' && answer !== null && 'incarnation' in answer ? String(answer.incarnation) : '';
}
