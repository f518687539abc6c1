/** Commands in the order in which they came, decided one after the other: the front of the write path of a reign. */
import { asCoppiceError, type CoppiceError } from '../errors.ts';
import type { Waiter } from './batch.ts';
import type { Command } from './decider.ts';

/** A command, and who waits for it. */
export type QueuedCommand = { readonly command: Command; readonly waiter: Waiter };

/** What is done with commands. */
export type CommandQueueOptions = {
  /** Decides one. What it throws becomes the command's answer. */
  readonly decide: (item: QueuedCommand) => Promise<void>;
  /** Makes an answer of what was thrown. */
  readonly asAnswer: (error: unknown) => CoppiceError;
  /** One was decided; the next one waits for what is returned, if anything is. */
  readonly afterEach: () => Promise<void> | undefined;
  /** None is left. */
  readonly onIdle: () => void;
  /** Deciding itself failed: the copy is at fault. */
  readonly onFailure: (error: CoppiceError) => void;
};

/** Decides commands. */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  readonly #items: QueuedCommand[] = [];
  #deciding = false;
  /** A command left the queue and is not decided yet. */
  #taken = false;
  #isOver = false;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  /** Commands that are not decided yet. */
  get size(): number {
    return this.#items.length + (this.#taken ? 1 : 0);
  }

  push(item: QueuedCommand): void {
    this.#items.push(item);
    if (!this.#deciding) queueMicrotask(() => this.#start());
  }

  /** Decides no more, and sends those that wait away. */
  end(error: CoppiceError): void {
    this.#isOver = true;
    this.#sendAway(error);
  }

  #start(): void {
    if (this.#deciding || this.#isOver) return;
    this.#deciding = true;
    this.#decideAll()
      .catch((error: unknown) => this.#options.onFailure(asCoppiceError(error)))
      .finally(() => {
        this.#deciding = false;
        if (this.#items.length > 0) this.#start();
      });
  }

  async #decideAll(): Promise<void> {
    const { decide, asAnswer, afterEach, onIdle } = this.#options;
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
      this.#taken = true;
      try {
        await decide(item);
      } catch (error) {
        this.#refuse(item.waiter, asAnswer(error));
      }
      this.#taken = false;
      const wait = afterEach();
      if (wait !== undefined) await wait;
    }
    onIdle();
  }

  /** What a retry may mend takes along what came after it: retried alone, it would overtake a later write of its key. */
  #refuse(waiter: Waiter, error: CoppiceError): void {
    waiter(error);
    if (error.retryable) this.#sendAway(error);
  }

  #sendAway(error: CoppiceError): void {
    for (const { waiter } of this.#items.splice(0)) waiter(error);
  }
}
