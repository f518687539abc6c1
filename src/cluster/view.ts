/**
 * What one process knows of the cluster: groups, placement, leases and shared documents, as the registry says, kept
 * current by a watch. Roots route by it, leaves reconcile to it, candidates for primacy read leases from it.
 */
import type { Closeable } from '../bus/bus.ts';
import type { Registry, RegistryChange } from '../bus/registry.ts';
import type { Clock, Reporter } from '../env.ts';
import { asCoppiceError } from '../errors.ts';
import { nameToToken, tokenToName } from '../wire/names.ts';
import { GoneRecord, GroupRecord, LeaseRecord, PlacementRecord, parseRecord, SharedRecord } from '../wire/records.ts';
import { fill, REGISTRY_KEYS } from '../wire/subjects.ts';

/** A value with the revision it was read at. */
export type Versioned<Value> = { readonly value: Value; readonly revision: number };

/** A lease, and when this process learned of it on its own monotonic clock. */
export type SeenLease = Versioned<LeaseRecord> & { readonly seenAtMs: number };

/** The registry as this process sees it. */
export class ClusterView {
  readonly groups = new Map<string, Versioned<GroupRecord>>();
  readonly placements = new Map<string, Versioned<PlacementRecord>>();
  /** Lives of groups that are over, by generation, as long as the depot may have something of them. */
  readonly gone = new Map<string, Versioned<GoneRecord>>();
  readonly #leases = new Map<string, SeenLease>();
  readonly #shared = new Map<string, Versioned<unknown>>();
  readonly #listeners = new Set<(key: string) => void>();
  readonly #clock: Clock;
  readonly #report: Reporter;
  #watch: Closeable | undefined;

  constructor(clock: Clock, report: Reporter) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Starts watching; resolves when the present content is known. */
  async start(registry: Registry): Promise<void> {
    this.#watch = await registry.watch('', (change) => this.#take(change));
  }

  async close(): Promise<void> {
    await this.#watch?.close();
    this.#listeners.clear();
  }

  /** Calls `listener` with the registry key of every change, until the function returned is called. */
  onChange(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The group of a name, unless it is being deleted, or restored. */
  group(name: string): GroupRecord | undefined {
    const group = this.groups.get(name)?.value;
    return group?.deleting === true || group?.restoring !== undefined ? undefined : group;
  }

  /** The placement of this life of a group. */
  placement(group: GroupRecord): PlacementRecord | undefined {
    const placement = this.placements.get(group.name)?.value;
    return placement?.generation === group.generation ? placement : undefined;
  }

  lease(group: GroupRecord, shard: number): SeenLease | undefined {
    return this.#leases.get(leaseKey(group, shard));
  }

  /** The shared document of this life of a group. */
  shared(group: GroupRecord): Versioned<unknown> | undefined {
    return this.#shared.get(sharedKey(group));
  }

  /** Resolves when `check` holds; `false` if it did not within the time. */
  async until(check: () => boolean, withinMs: number): Promise<boolean> {
    if (check()) return true;
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        cancel();
        stop();
        resolve(result);
      };
      const cancel = this.#clock.after(withinMs, () => finish(false));
      const stop = this.onChange(() => {
        if (check()) finish(true);
      });
    });
  }

  #take(change: RegistryChange): void {
    try {
      this.#store(change);
    } catch (error) {
      this.#report('error', 'registry entry ignored', { key: change.key, error: asCoppiceError(error).message });
      return;
    }
    for (const listener of [...this.#listeners]) listener(change.key);
  }

  #store(change: RegistryChange): void {
    const { key, revision, value } = change;
    const [kind, token = ''] = key.split('.');
    const name = tokenToName(token);
    if (kind === 'group')
      set(
        this.groups,
        name,
        value === undefined ? undefined : { value: parseRecord(GroupRecord, value, key), revision },
      );
    if (kind === 'placement') {
      set(
        this.placements,
        name,
        value === undefined ? undefined : { value: parseRecord(PlacementRecord, value, key), revision },
      );
    }
    if (kind === 'lease') {
      const seen =
        value === undefined
          ? undefined
          : { value: parseRecord(LeaseRecord, value, key), revision, seenAtMs: this.#clock.nowMs() };
      set(this.#leases, key, seen);
    }
    if (kind === 'gone') {
      const gone = value === undefined ? undefined : { value: parseRecord(GoneRecord, value, key), revision };
      set(this.gone, token, gone);
    }
    if (kind === 'shared') {
      set(
        this.#shared,
        key,
        value === undefined ? undefined : { value: parseRecord(SharedRecord, value, key).document, revision },
      );
    }
  }
}

/** Registry key of a shard's lease. */
export function leaseKey(group: GroupRecord, shard: number): string {
  return fill(REGISTRY_KEYS.lease, { group: nameToToken(group.name), generation: group.generation, shard });
}

/** Registry key of a group's shared document. */
export function sharedKey(group: GroupRecord): string {
  return fill(REGISTRY_KEYS.shared, { group: nameToToken(group.name), generation: group.generation });
}

/** Registry key of a group. */
export function groupKey(name: string): string {
  return fill(REGISTRY_KEYS.group, { group: nameToToken(name) });
}

/** Registry key of a life that is over. */
export function goneKey(generation: string): string {
  return fill(REGISTRY_KEYS.gone, { generation });
}

/** Registry key of a group's placement. */
export function placementKey(name: string): string {
  return fill(REGISTRY_KEYS.placement, { group: nameToToken(name) });
}

function set<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
