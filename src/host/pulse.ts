/**
 * A leaf's heartbeat: told at an interval, and soon after anything changes.
 */
import type { Bus } from '../bus/bus.ts';
import { PULSE_INTERVAL_MS } from '../cluster/membership.ts';
import type { Cancel, Env } from '../env.ts';
import { isCoppiceError } from '../errors.ts';
import { encode } from '../wire/codec.ts';
import { nameToToken } from '../wire/names.ts';
import type { Pulse } from '../wire/records.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';

const CHANGE_DELAY_MS = 10;

/** Publishes pulses. */
export class PulseSender {
  readonly #bus: Bus;
  readonly #env: Env;
  readonly #subject: string;
  readonly #compose: () => Pulse;
  #next: Cancel | undefined;
  #soon = false;

  constructor(options: { bus: Bus; env: Env; cluster: string; leaf: string; compose: () => Pulse }) {
    this.#bus = options.bus;
    this.#env = options.env;
    this.#subject = fill(SUBJECTS.pulse, { cluster: options.cluster, leaf: nameToToken(options.leaf) });
    this.#compose = options.compose;
  }

  start(): void {
    this.#beat();
  }

  /** Tells of a change without waiting for the interval. */
  changed(): void {
    if (this.#soon || this.#next === undefined) return;
    this.#soon = true;
    this.#schedule(CHANGE_DELAY_MS);
  }

  close(): void {
    this.#next?.();
    this.#next = undefined;
  }

  #schedule(delayMs: number): void {
    this.#next?.();
    this.#next = this.#env.clock.after(delayMs, () => this.#beat());
  }

  #beat(): void {
    this.#soon = false;
    this.#schedule(PULSE_INTERVAL_MS);
    try {
      this.#bus.publish(this.#subject, encode(this.#compose(), 'msgpack'));
    } catch (error) {
      // While the link is down nobody could hear it; others judge the silence for themselves.
      if (!isCoppiceError(error, 'DISCONNECTED')) throw error;
    }
  }
}
