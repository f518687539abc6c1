/**
 * A leaf: a name in the cluster, a pulse, and the copies that placement wants here. A leaf process is one with worker
 * threads; an embedder's `serve` is one as well.
 */
import type { Closeable } from '../bus/bus.ts';
import type { RpcRequest } from '../bus/responder.ts';
import type { Server } from '../bus/rpc.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import type { CopySpec } from '../shard/copy-spec.ts';
import { SnapshotService } from '../snapshots/snapshot-service.ts';
import { encode } from '../wire/codec.ts';
import { checkName, nameToToken } from '../wire/names.ts';
import type { GroupRecord, Pulse } from '../wire/records.ts';
import { fill, SUBJECTS, tokenAt } from '../wire/subjects.ts';
import { type CopyTransition, type HistoryAnswer, parseHistoryRequest } from '../wire/transitions.ts';
import { CopyHistories } from './copy-histories.ts';
import { type CopyHost, copyKey } from './copy-host.ts';
import { LeafFolder } from './leaf-folder.ts';
import { LeafName } from './leaf-name.ts';
import { PulseSender } from './pulse.ts';

/** What a leaf is made of. */
export type LeafOptions = {
  readonly context: ClusterContext;
  readonly host: CopyHost;
  readonly name: string;
  readonly zone: string;
  /** Groups that can be hosted here, by what they require. */
  readonly provides: readonly string[];
  /** Random id of this start; made if none is given. */
  readonly incarnation?: string;
  /** Another process took the name: this leaf must end. */
  readonly onLost: (reason: string) => void;
};

/** A running leaf. */
export class Leaf implements Closeable {
  readonly name: string;
  readonly incarnation: string;
  readonly #context: ClusterContext;
  readonly #host: CopyHost;
  readonly #provides: ReadonlySet<string>;
  readonly #claim: LeafName;
  readonly #pulse: PulseSender;
  readonly #histories = new CopyHistories();
  readonly #closingCopies = new Map<string, Promise<void>>();
  #folder: LeafFolder | undefined;
  #server: Server | undefined;
  #snapshots: SnapshotService | undefined;
  #stopListening: () => void = () => {};
  #reconcileSoon = false;
  #closed: Promise<void> | undefined;
  #isStopped = false;

  /**
   * Starts a leaf: takes the name, answers pings, begins to pulse, and opens the copies placed here.
   *
   * @throws CoppiceError `INVALID_NAME`, `ALREADY_EXISTS` if a live leaf has the name, `STORE_IN_USE` if one has its folder,
   *   `STORAGE_FULL` or `STORAGE_FAILED` if that cannot be used.
   */
  static async start(options: LeafOptions): Promise<Leaf> {
    const leaf = new Leaf(options);
    try {
      await leaf.#start();
    } catch (error) {
      await leaf.close();
      throw error;
    }
    return leaf;
  }

  private constructor(options: LeafOptions) {
    const { context, host } = options;
    const { machine, clock, random } = context.env;
    this.name = checkName('leaf', options.name);
    this.incarnation = options.incarnation ?? random.id();
    this.#context = context;
    this.#host = host;
    this.#provides = new Set(options.provides);
    this.#claim = new LeafName({
      context,
      onLost: options.onLost,
      record: {
        name: this.name,
        incarnation: this.incarnation,
        pid: machine.pid,
        host: machine.hostname,
        zone: options.zone,
        provides: [...options.provides],
        draining: false,
        startedMs: clock.wallMs(),
      },
    });
    this.#pulse = new PulseSender({
      bus: context.bus,
      env: context.env,
      cluster: context.cluster,
      leaf: this.name,
      compose: () => this.#compose(),
    });
  }

  /** What is not closed, for people. */
  unfinished(): readonly string[] {
    const copies = this.#host.keys().map((key) => {
      const [group = key, , shard = ''] = key.split('/');
      return `copy of shard ${shard} of ${group}`;
    });
    return this.#isStopped ? copies : [...copies, 'the name of the leaf'];
  }

  /** Hands primacy over, closes the copies, and gives the name back. */
  async close(): Promise<void> {
    this.#closed ??= this.#stop();
    await this.#closed;
  }

  async #start(): Promise<void> {
    this.#folder = this.#openFolder();
    await this.#claim.claim();
    const { cluster, rpc, bus, view } = this.#context;
    const subject = fill(SUBJECTS.leaf, { cluster, leaf: nameToToken(this.name), command: '*' });
    this.#server = rpc.serve({
      subject,
      handler: async (request) => this.#command(request),
    });
    this.#snapshots = SnapshotService.start(this.#context, this.name);
    await bus.flush();
    this.#host.onStatus(() => this.#pulse.changed());
    this.#host.onTransition((transition) => this.#onTransition(transition));
    this.#pulse.start();
    this.#stopListening = view.onChange((key) => {
      if (key.startsWith('placement.') || key.startsWith('group.')) this.#reconcileLater();
    });
    this.#reconcile();
    this.#folder?.start();
    this.#context.report('info', 'leaf started', { leaf: this.name, incarnation: this.incarnation });
  }

  async #stop(): Promise<void> {
    this.#stopListening();
    await this.#snapshots?.close();
    await this.#host.close();
    await this.#server?.close();
    this.#pulse.close();
    await this.#claim.release();
    this.#folder?.close();
    this.#isStopped = true;
    this.#context.report('info', 'leaf stopped', { leaf: this.name });
  }

  #openFolder(): LeafFolder | undefined {
    const { local } = this.#context;
    const context = this.#context;
    const openKeys = (): readonly string[] => this.#host.keys();
    return local === undefined ? undefined : new LeafFolder({ context, local, leaf: this.name, openKeys });
  }

  async #command({ subject, body }: RpcRequest): Promise<unknown> {
    const command = tokenAt(SUBJECTS.leaf, 'command', subject);
    if (command === 'ping')
      return { name: this.name, incarnation: this.incarnation, pid: this.#context.env.machine.pid };
    if (command === 'stats') return this.#compose();
    if (command === 'history') {
      const answer: HistoryAnswer = { transitions: [...this.#histories.of(parseHistoryRequest(body))] };
      return answer;
    }
    if (command === 'drain') {
      await this.#claim.setDraining(true);
      return { draining: true };
    }
    throw new CoppiceError(
      'UNKNOWN_ENDPOINT',
      `a leaf knows \`ping\`, \`stats\`, \`history\` and \`drain\`, not \`${command}\``,
    );
  }

  /** The history keeps what the bus cannot be told while the link is down. */
  #onTransition(transition: CopyTransition): void {
    this.#histories.note(transition);
    const { bus, cluster, report } = this.#context;
    if (!bus.link.up) return;
    const { group, shard } = transition;
    const subject = fill(SUBJECTS.copyEvent, { cluster, group: nameToToken(group), shard });
    try {
      bus.publish(subject, encode({ leaf: this.name, ...transition }, 'json'));
    } catch (error) {
      // The copy is in the middle of its step, which must not fail for want of a listener.
      report('warn', 'step of a copy not published', { group, shard, error: asCoppiceError(error).message });
    }
  }

  #compose(): Pulse {
    const workers = this.#host.workers?.();
    return {
      leaf: this.name,
      incarnation: this.incarnation,
      ...this.#context.env.machine.sample(),
      ...(workers === undefined ? {} : { workers }),
      copies: [...this.#host.statuses()],
    };
  }

  /** Many changes of the registry make one look. */
  #reconcileLater(): void {
    if (this.#reconcileSoon) return;
    this.#reconcileSoon = true;
    queueMicrotask(() => {
      this.#reconcileSoon = false;
      if (this.#closed === undefined) this.#reconcile();
    });
  }

  /** Opens what placement wants here and closes what it does not. */
  #reconcile(): void {
    const wanted = new Map(this.#wantedCopies().map((spec) => [copyKey(spec), spec]));
    for (const [key, spec] of wanted) {
      if (!this.#closingCopies.has(key)) this.#host.openCopy(spec);
    }
    for (const key of this.#host.keys()) {
      if (!wanted.has(key) && !this.#closingCopies.has(key)) this.#closeCopy(key);
    }
    this.#pulse.changed();
  }

  #closeCopy(key: string): void {
    const closing = this.#host
      .closeCopy(key)
      .catch((error: unknown) =>
        this.#context.report('error', 'copy could not be closed', { key, error: asCoppiceError(error).message }),
      )
      .finally(() => {
        this.#closingCopies.delete(key);
        this.#folder?.changed();
        this.#reconcileLater();
      });
    this.#closingCopies.set(key, closing);
  }

  #wantedCopies(): readonly CopySpec[] {
    const { view } = this.#context;
    return [...view.groups.keys()].flatMap((name) => {
      const group = view.group(name);
      return group === undefined || !this.#provides.has(group.requires) ? [] : this.#copiesOf(group);
    });
  }

  #copiesOf(group: GroupRecord): readonly CopySpec[] {
    const shards = this.#context.view.placement(group)?.shards ?? [];
    return shards
      .filter(({ copies, move }) => copies.includes(this.name) || move?.to === this.name)
      .map(({ shard }) => ({ group, shard, leaf: this.name, incarnation: this.incarnation }));
  }
}
