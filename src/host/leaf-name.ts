/**
 * A leaf's claim to its name: an entry that expires unless refreshed. A second live process of the same name is
 * refused (protocol.md, rule 2 of identity).
 */
import type { ClusterContext } from '../cluster/context.ts';
import { type Cancel, pause } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { nameToToken } from '../wire/names.ts';
import { LeafRecord, parseRecord } from '../wire/records.ts';
import { fill, LEAF_KEYS } from '../wire/subjects.ts';

const REFRESH_MS = 2_500;
const PINGS = 3;
const PING_PAUSE_MS = 150;

/** Holds a name. */
export class LeafName {
  readonly #context: ClusterContext;
  readonly #key: string;
  readonly #onLost: (reason: string) => void;
  #record: LeafRecord;
  #revision = 0;
  #refresh: Cancel | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: { context: ClusterContext; record: LeafRecord; onLost: (reason: string) => void }) {
    this.#context = options.context;
    this.#record = options.record;
    this.#onLost = options.onLost;
    this.#key = fill(LEAF_KEYS.leaf, { leaf: nameToToken(options.record.name) });
  }

  /**
   * Takes the name, from a dead holder too.
   *
   * @throws CoppiceError `ALREADY_EXISTS` if a live leaf has it.
   */
  async claim(): Promise<void> {
    for (;;) {
      const entry = await this.#context.leaves.get(this.#key);
      await this.#checkNobodyAnswers(entry === undefined ? undefined : parseRecord(LeafRecord, entry.value, this.#key));
      try {
        this.#revision =
          entry === undefined
            ? await this.#context.leaves.create(this.#key, this.#record)
            : await this.#context.leaves.update(this.#key, this.#record, entry.revision);
        break;
      } catch (error) {
        if (!isCoppiceError(error, 'CONFLICT')) throw error;
        // Another took it, or it has just expired: look again.
      }
    }
    this.#refreshLater();
  }

  /** Tells everyone that no new copies should come here. */
  async setDraining(draining: boolean): Promise<void> {
    this.#record = { ...this.#record, draining };
    await this.#renewing;
    await this.#renew();
  }

  /** Gives the name back. */
  async release(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#refresh?.();
    await this.#renewing;
    if (this.#revision === 0 || !this.#context.bus.link.up) return;
    try {
      await this.#context.leaves.delete(this.#key, this.#revision);
    } catch (error) {
      this.#context.report('info', 'leaf entry left to expire', { error: asCoppiceError(error).message });
    }
  }

  /** A live leaf has no entry while it was cut off for longer than its entry lasts: it is asked in any case. */
  async #checkNobodyAnswers(holder: LeafRecord | undefined): Promise<void> {
    const { membership, env } = this.#context;
    const { name, incarnation } = this.#record;
    for (let ping = 0; ping < PINGS; ping++) {
      const result = await membership.ping(name);
      if (result.kind === 'answered' && result.incarnation !== incarnation) {
        const where = holder === undefined ? '' : ` (pid ${holder.pid} on ${holder.host})`;
        throw new CoppiceError('ALREADY_EXISTS', `a leaf named \`${name}\` is running already${where}`);
      }
      if (result.kind === 'absent' && holder === undefined) return;
      await pause(env.clock, PING_PAUSE_MS);
    }
  }

  #refreshLater(): void {
    this.#refresh = this.#context.env.clock.after(REFRESH_MS, () => {
      this.#renewing = this.#renew()
        .catch((error: unknown) =>
          this.#context.report('warn', 'leaf entry not refreshed', { error: asCoppiceError(error).message }),
        )
        .finally(() => {
          if (!this.#closed) this.#refreshLater();
        });
    });
  }

  async #renew(): Promise<void> {
    const { leaves } = this.#context;
    try {
      this.#revision = await leaves.update(this.#key, this.#record, this.#revision);
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT') || this.#closed) throw error;
      await this.#reclaim();
    }
  }

  /** The entry expired while the link was down, a refresh was answered too late, or another leaf has the name now. */
  async #reclaim(): Promise<void> {
    const entry = await this.#context.leaves.get(this.#key);
    if (entry === undefined) {
      this.#revision = await this.#context.leaves.create(this.#key, this.#record);
      return;
    }
    const holder = parseRecord(LeafRecord, entry.value, this.#key);
    if (holder.incarnation !== this.#record.incarnation) {
      this.#closed = true;
      this.#onLost(`the name \`${holder.name}\` was taken by pid ${holder.pid} on ${holder.host}`);
      return;
    }
    this.#revision = await this.#context.leaves.update(this.#key, this.#record, entry.revision);
  }
}
