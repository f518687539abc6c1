/**
 * The folder of a leaf's copies: taken by one process at a time, and rid of what nobody needs any more. Files of a deleted
 * group go once the registry's leader and the log both deny it; those of a shard that was placed elsewhere go after a
 * while, since placement may come back to a leaf that was away.
 */
import type { ClusterContext } from '../cluster/context.ts';
import { logSpec } from '../cluster/groups.ts';
import type { LocalOptions } from '../cluster/local-options.ts';
import { placementKey } from '../cluster/view.ts';
import type { Cancel } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { type GroupLife, isGroupGone } from '../shard/gone-group.ts';
import { PlacementRecord, parseRecord } from '../wire/records.ts';

const SWEEP_MS = 60_000;
/** Files of a shard that is not placed here any more are kept for so long. */
const KEEP_MS = 600_000;

const COPY_FOLDER = /^(.+)\.([^.]+)\.(\d+)$/;

/** What a leaf's folder needs. */
export type LeafFolderOptions = {
  readonly context: ClusterContext;
  readonly local: LocalOptions;
  readonly leaf: string;
  /** Keys of the copies that are open here. */
  readonly openKeys: () => readonly string[];
};

type Found = GroupLife & { readonly shard: number; readonly path: string };

/** A leaf's folder, locked. */
export class LeafFolder {
  readonly #options: LeafFolderOptions;
  readonly #path: string;
  readonly #unlock: () => void;
  /** Since when a folder's shard is known not to be placed here, by path. */
  readonly #unplaced = new Map<string, number>();
  #next: Cancel | undefined;
  #sweeping = false;
  #isClosed = false;

  /**
   * Takes the folder, which is made if need be.
   *
   * @throws CoppiceError `STORE_IN_USE` if a live leaf has it, `STORAGE_FULL` or `STORAGE_FAILED` if it cannot be used.
   */
  constructor(options: LeafFolderOptions) {
    const { local, leaf } = options;
    this.#options = options;
    this.#path = `${local.folder}/${leaf}`;
    local.disk.makeFolder(this.#path);
    this.#unlock = lock(local, leaf, this.#path);
  }

  /** Begins to look for what nobody needs. */
  start(): void {
    this.#sweepLater(0);
  }

  /** Looks soon: a copy was closed. */
  changed(): void {
    if (this.#next !== undefined) this.#sweepLater(0);
  }

  /** Gives the folder back; twice is harmless. */
  close(): void {
    this.#isClosed = true;
    this.#next?.();
    this.#next = undefined;
    this.#unlock();
  }

  #sweepLater(delayMs: number): void {
    this.#next?.();
    this.#next = this.#options.context.env.clock.after(delayMs, () => {
      this.#sweepLater(SWEEP_MS);
      if (this.#sweeping) return;
      this.#sweeping = true;
      this.#sweep()
        .catch((error: unknown) =>
          this.#options.context.report('warn', 'folder of the leaf not looked through', {
            error: asCoppiceError(error).message,
          }),
        )
        .finally(() => (this.#sweeping = false));
    });
  }

  async #sweep(): Promise<void> {
    for (const found of this.#folders()) {
      if (this.#isOpen(found)) this.#unplaced.delete(found.path);
      else {
        const why = await this.#whyNeedless(found);
        if (why !== undefined) this.#remove(found, why);
      }
    }
  }

  #folders(): readonly Found[] {
    return this.#options.local.disk.list(this.#path).flatMap((entry) => {
      const [, name, generation, shard] = COPY_FOLDER.exec(entry.name) ?? [];
      if (!entry.isFolder || name === undefined || generation === undefined) return [];
      return [{ name, generation, shard: Number(shard), path: `${this.#path}/${entry.name}` }];
    });
  }

  async #whyNeedless(found: Found): Promise<string | undefined> {
    const { context, leaf } = this.#options;
    const { bus, cluster, registry, env } = context;
    if (!bus.link.up) return undefined;
    if (await isGroupGone(context, found, bus.openLog(logSpec(cluster, found)))) return 'its group is gone';
    const entry = await registry.get(placementKey(found.name));
    if (entry === undefined) return undefined;
    const { generation, shards } = parseRecord(PlacementRecord, entry.value, entry.key);
    const isHere = shards.some(
      ({ shard, copies, move }) => shard === found.shard && (copies.includes(leaf) || move?.to === leaf),
    );
    if (generation !== found.generation || isHere) {
      this.#unplaced.delete(found.path);
      return undefined;
    }
    const sinceMs = this.#unplaced.get(found.path) ?? env.clock.nowMs();
    this.#unplaced.set(found.path, sinceMs);
    return env.clock.nowMs() - sinceMs < KEEP_MS ? undefined : 'its shard was placed elsewhere';
  }

  #remove(found: Found, why: string): void {
    if (this.#isClosed || this.#isOpen(found)) return;
    const { context, local } = this.#options;
    local.disk.remove(found.path);
    this.#unplaced.delete(found.path);
    context.report('info', 'local files removed', { group: found.name, shard: found.shard, why });
  }

  #isOpen({ name, generation, shard }: Found): boolean {
    return this.#options.openKeys().includes(`${name}/${generation}/${shard}`);
  }
}

function lock({ disk }: LocalOptions, leaf: string, path: string): () => void {
  try {
    return disk.lock(path);
  } catch (error) {
    if (!isCoppiceError(error, 'STORE_IN_USE')) throw error;
    const pid = error.details?.['pid'];
    throw new CoppiceError(
      'STORE_IN_USE',
      `the files of leaf \`${leaf}\` in \`${path}\` are in use by pid ${String(pid)}: give this leaf another name or data folder`,
      { cause: error, details: { folder: path, pid } },
    );
  }
}
