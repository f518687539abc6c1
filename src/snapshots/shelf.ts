/**
 * The snapshots of one depot: which there are, what became of each create, and which files nobody needs any more. Several
 * clusters may use a depot at once, and any process may die between two steps. A depot offers names that can be created
 * once, listing and deleting, and no more; these rules make that enough:
 *
 * 1. A create announces itself before it looks which snapshots there are. It refers to files that it stored itself, and
 *    to files of snapshots that were complete when it looked. No file's name is ever used twice, since the id of the
 *    create that stored it is in it.
 * 2. A snapshot exists while it is announced and its outcome says that it is complete; the outcome is put last and once.
 *    To give a create up is to put its outcome first: then it can never complete, however alive its process is. A mark of
 *    that kind stays for ever (some 60 bytes).
 * 3. A delete removes the announcement first, so that creates which begin later do not see the snapshot, then its
 *    outcome, then its name.
 * 4. Files go only by `sweep`, which lists the files first, then the announcements, then reads the outcome of each. If one
 *    is not that of a complete snapshot it removes nothing. Else it removes, of the files listed, those that no outcome
 *    refers to.
 *
 * Why no file goes that is needed. Take a file that a sweep has listed, and a create X that needs it, running or
 * complete. If the sweep has listed X's announcement, then X is complete and its outcome was read, so the file stays; or
 * nothing goes. If it has not, X has announced itself after that listing, for it was not deleted. So X did not store the
 * file, which was listed before; it found it in a snapshot Y that was complete after that listing. If Y's announcement
 * was listed, its outcome was read, so the file stays; or it was deleted meanwhile, and nothing goes. If not, Y has
 * announced itself after the listing, too, and the same holds for Y as for X; there is a first of them all, and it did
 * not store the file. What a sweep leaves because of a create that runs is found by the next one.
 *
 * This stands on listings that show all that was put before, as NATS, S3 and local folders give. NFS must be mounted so
 * that it does (`lookupcache=none,actimeo=0`) where several machines create and delete at once.
 */
import { type BlobStat, corruptBlob, type Depot } from '../bus/depot.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import { collect } from '../shard/checkpoint-files.ts';
import {
  ANNOUNCEMENTS_PREFIX,
  type Announcement,
  announcementName,
  CLAIMS_PREFIX,
  claimName,
  decodeAnnouncement,
  decodeClaim,
  decodeOutcome,
  encodeSnapshotPart,
  filesOf,
  kindOf,
  outcomeName,
  SNAPSHOT_FORMAT,
  SNAPSHOTS_PREFIX,
  type SnapshotDocument,
} from '../wire/snapshot-format.ts';
import { elsewhereError } from './task.ts';

/** A create that was announced, and what became of it. */
export type ShelfEntry = { readonly id: string } & (
  | { readonly state: 'complete'; readonly announcement: Announcement; readonly document: SnapshotDocument }
  /** It has not completed: it runs, or has died. */
  | { readonly state: 'open'; readonly announcement: Announcement }
  | { readonly state: 'given-up'; readonly announcement: Announcement }
  /** Written by another version, or damaged. */
  | { readonly state: 'unreadable'; readonly error: CoppiceError; readonly announcement?: Announcement }
  /** It was deleted while this looked. */
  | { readonly state: 'gone' }
);

/** What a sweep did; `blockedBy` names the snapshot because of which it did nothing. */
export type Swept = { readonly files: number; readonly bytes: number; readonly blockedBy?: string };

const READS_AT_ONCE = 8;

/** The snapshots of a depot. Everything may throw what the depot throws. */
export class Shelf {
  readonly #depot: Depot;
  readonly #signal: AbortSignal;

  constructor(depot: Depot, signal: AbortSignal) {
    this.#depot = depot;
    this.#signal = signal;
  }

  /** Announces a create (rule 1) and takes its name. Throws CoppiceError `ALREADY_EXISTS`, or what `elsewhereError` makes. */
  async announce(announcement: Announcement): Promise<void> {
    const { id, name } = announcement;
    try {
      await this.#put(announcementName(id), encodeSnapshotPart(announcement));
    } catch (error) {
      throw isCoppiceError(error, 'CONFLICT') ? elsewhereError(id) : error;
    }
    try {
      await this.#put(claimName(name), encodeSnapshotPart({ v: SNAPSHOT_FORMAT, id }));
    } catch (error) {
      await this.#delete(announcementName(id));
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
      throw new CoppiceError('ALREADY_EXISTS', `there is a snapshot \`${name}\` already, or one is being made`, {
        cause: error,
        details: { snapshot: name },
      });
    }
  }

  /** Everything that is announced, oldest first. */
  async entries(): Promise<readonly ShelfEntry[]> {
    const names = await this.#depot.list(ANNOUNCEMENTS_PREFIX, this.#options);
    const entries: ShelfEntry[] = [];
    for (let at = 0; at < names.length; at += READS_AT_ONCE) {
      const ids = names.slice(at, at + READS_AT_ONCE).map((name) => name.slice(ANNOUNCEMENTS_PREFIX.length));
      entries.push(...(await Promise.all(ids.map(async (id) => this.entry(id)))));
    }
    return entries.toSorted((a, b) => startOf(a) - startOf(b));
  }

  /** What is announced under a name; undefined if nothing is. */
  async find(name: string): Promise<ShelfEntry | undefined> {
    const id = await this.#holderOf(name);
    const holder = id === undefined ? undefined : await this.entry(id);
    if (holder !== undefined && holder.state !== 'gone') return holder;
    // Announced without its name: that create is between two steps, or has died there.
    return (await this.entries()).find((entry) => nameOf(entry) === name);
  }

  /** What became of one create. */
  async entry(id: string): Promise<ShelfEntry> {
    let announcement: Announcement | undefined;
    try {
      const bytes = await this.#read(announcementName(id));
      if (bytes === undefined) return { id, state: 'gone' };
      announcement = decodeAnnouncement(bytes, announcementName(id));
      return await this.#judge(announcement);
    } catch (error) {
      if (!isCoppiceError(error, 'UNSUPPORTED_FORMAT') && !isCoppiceError(error, 'CORRUPT_BLOB')) throw error;
      return { id, state: 'unreadable', error, ...(announcement === undefined ? {} : { announcement }) };
    }
  }

  /**
   * Completes a create (rule 2): from here on the snapshot exists.
   *
   * @throws CoppiceError `SNAPSHOT_FAILED` if somebody has given it up. After any error it does not exist and never will,
   *   unless the depot cannot be reached at all.
   */
  async complete(document: SnapshotDocument): Promise<void> {
    try {
      await this.#put(outcomeName(document.id), encodeSnapshotPart(document));
    } catch (error) {
      if (!(await this.giveUp(document.id))) return;
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
      throw new CoppiceError('SNAPSHOT_FAILED', `snapshot \`${document.name}\` was deleted while it was made`, {
        cause: error,
      });
    }
  }

  /**
   * Sees to it that a create never completes.
   *
   * @returns `false` if it has completed.
   */
  async giveUp(id: string): Promise<boolean> {
    const name = outcomeName(id);
    try {
      await this.#put(name, encodeSnapshotPart({ v: SNAPSHOT_FORMAT, kind: 'given-up', id }));
      return true;
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
      const bytes = await this.#read(name);
      return bytes === undefined || decodeOutcome(bytes, name).kind === 'given-up';
    }
  }

  /** Takes a create, and with it its snapshot, off the shelf (rule 3). Its files are left to `sweep`. */
  async remove(entry: ShelfEntry, name = nameOf(entry)): Promise<void> {
    const { id, state } = entry;
    await this.#delete(announcementName(id));
    if (state === 'complete' || state === 'unreadable') await this.#delete(outcomeName(id));
    if (name !== undefined) await this.#freeName({ id, name });
  }

  /** Frees a name that was left taken by a delete that died. */
  async freeNameOfGone(name: string): Promise<void> {
    const id = await this.#holderOf(name);
    if (id !== undefined && (await this.entry(id)).state === 'gone') await this.#freeName({ id, name });
  }

  /** Removes what nobody needs (rule 4). */
  async sweep(): Promise<Swept> {
    const listed = await this.#depot.list(SNAPSHOTS_PREFIX, this.#options);
    const entries = await this.entries();
    const blocking = entries.find(({ state }) => state !== 'complete');
    if (blocking !== undefined) return { files: 0, bytes: 0, blockedBy: nameOf(blocking) ?? blocking.id };
    const needed = new Set(entries.flatMap((entry) => (entry.state === 'complete' ? namesOf(entry.document) : [])));
    await this.#freeNames(listed, new Set(entries.map(nameOf)));
    let [files, bytes] = [0, 0];
    for (const name of listed.filter((one) => kindOf(one) !== undefined && !needed.has(one))) {
      const removed = await this.#removeUnneeded(name);
      if (removed === undefined) continue;
      files += 1;
      bytes += removed.sizeBytes;
    }
    return { files, bytes };
  }

  async #judge(announcement: Announcement): Promise<ShelfEntry> {
    const { id, name } = announcement;
    const blob = outcomeName(id);
    const bytes = await this.#read(blob);
    if (bytes === undefined) return { id, state: 'open', announcement };
    const outcome = decodeOutcome(bytes, blob);
    if (outcome.kind === 'given-up') return { id, state: 'given-up', announcement };
    if (outcome.id !== id || outcome.name !== name)
      throw corruptBlob(blob, `it is the document of the snapshot \`${outcome.name}\``);
    return { id, state: 'complete', announcement, document: outcome };
  }

  /** Names that creates and deletes which died have left taken: a create announces itself before it takes its name. */
  async #freeNames(listed: readonly string[], used: ReadonlySet<string | undefined>): Promise<void> {
    const taken = listed
      .filter((blob) => blob.startsWith(CLAIMS_PREFIX))
      .map((blob) => blob.slice(CLAIMS_PREFIX.length));
    for (const name of taken.filter((one) => !used.has(one))) await this.freeNameOfGone(name);
  }

  /** Another create may have the name by now. */
  async #freeName({ id, name }: Pick<Announcement, 'id' | 'name'>): Promise<void> {
    if ((await this.#holderOf(name)) === id) await this.#delete(claimName(name));
  }

  /** The create that has a name. */
  async #holderOf(name: string): Promise<string | undefined> {
    const bytes = await this.#read(claimName(name));
    return bytes === undefined ? undefined : decodeClaim(bytes, claimName(name)).id;
  }

  async #removeUnneeded(name: string): Promise<BlobStat | undefined> {
    if (kindOf(name) === 'outcome' && (await this.#mustStay(name))) return undefined;
    try {
      const stat = await this.#depot.stat(name, this.#options);
      await this.#delete(name);
      return stat;
    } catch (error) {
      if (isCoppiceError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** The mark that a create was given up stays: its process may be alive. So does what cannot be read. */
  async #mustStay(outcome: string): Promise<boolean> {
    try {
      const bytes = await this.#read(outcome);
      return bytes === undefined || decodeOutcome(bytes, outcome).kind === 'given-up';
    } catch (error) {
      if (isCoppiceError(error, 'UNSUPPORTED_FORMAT')) return true;
      throw error;
    }
  }

  async #put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#depot.put(name, bytes, this.#options);
  }

  async #delete(name: string): Promise<void> {
    await this.#depot.delete(name, this.#options);
  }

  async #read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await collect(this.#depot.get(name, this.#options));
    } catch (error) {
      if (isCoppiceError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  get #options(): { readonly signal: AbortSignal } {
    return { signal: this.#signal };
  }
}

/** The name of a snapshot, or of what was to be one; undefined if that cannot be read. */
function nameOf(entry: ShelfEntry): string | undefined {
  return 'announcement' in entry ? entry.announcement?.name : undefined;
}

function startOf(entry: ShelfEntry): number {
  return ('announcement' in entry ? entry.announcement?.startedMs : undefined) ?? 0;
}

/** Everything that a snapshot stands on. */
function namesOf(document: SnapshotDocument): readonly string[] {
  const files = document.groups.flatMap(({ shards }) => shards.flatMap(filesOf));
  return [outcomeName(document.id), ...files.map(({ blob }) => blob)];
}
