/**
 * Copies on this thread's event loop: an embedder's inline definitions, and the inside of every worker thread.
 */
import type { ActorDefinition } from '../actor/definition.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { Copy } from '../shard/copy.ts';
import type { CopySpec } from '../shard/copy-spec.ts';
import type { Suspect } from '../shard/poison-watch.ts';
import type { CopyStatus } from '../wire/records.ts';
import { type CopyHost, copyKey, type TransitionListener } from './copy-host.ts';

/** Finds the definition that a group needs. */
export type DefinitionOf = (requires: string) => ActorDefinition | undefined;

/** Hosts copies on this thread. */
export class InlineHost implements CopyHost {
  readonly #context: ClusterContext;
  readonly #definitionOf: DefinitionOf;
  readonly #copies = new Map<string, Copy>();
  readonly #listeners = new Set<() => void>();
  readonly #transitionListeners = new Set<TransitionListener>();

  constructor(context: ClusterContext, definitionOf: DefinitionOf) {
    this.#context = context;
    this.#definitionOf = definitionOf;
  }

  /** Opens a copy. `suspect`: the operation over which its worker threads have died. */
  openCopy(spec: CopySpec, suspect?: Suspect): void {
    const key = copyKey(spec);
    if (this.#copies.has(key)) return;
    const definition = this.#definitionOf(spec.group.requires);
    if (definition === undefined) {
      this.#context.report('error', 'no definition for a group placed here', {
        group: spec.group.name,
        requires: spec.group.requires,
      });
      return;
    }
    const copy = new Copy(spec, {
      context: this.#context,
      definition,
      suspect,
      onStatus: () => this.#changed(),
      onTransition: (transition) => {
        for (const listener of this.#transitionListeners) listener(transition);
      },
    });
    this.#copies.set(key, copy);
    copy.open();
  }

  async closeCopy(key: string): Promise<void> {
    const copy = this.#copies.get(key);
    if (copy === undefined) return;
    await copy.close();
    if (this.#copies.get(key) === copy) this.#copies.delete(key);
    this.#changed();
  }

  keys(): readonly string[] {
    return [...this.#copies.keys()];
  }

  statuses(): readonly CopyStatus[] {
    return [...this.#copies.values()].map((copy) => copy.status());
  }

  onStatus(listener: () => void): void {
    this.#listeners.add(listener);
  }

  onTransition(listener: TransitionListener): void {
    this.#transitionListeners.add(listener);
  }

  async close(): Promise<void> {
    await Promise.all(this.keys().map(async (key) => this.closeCopy(key)));
    this.#listeners.clear();
    this.#transitionListeners.clear();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
