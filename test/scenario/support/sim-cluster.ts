/**
 * A whole cluster on the simulated bus: leaves, clients and controllers are processes with clocks of their own, which
 * can die, stop and be cut off, and run the same code as real ones. Who dies is started again while it is wanted.
 */
import type { ActorDefinition } from '../../../src/actor/definition.ts';
import type { Bus } from '../../../src/bus/bus.ts';
import type { SimBus } from '../../../src/bus/sim/sim-bus.ts';
import type { ClockSkew, SimNode } from '../../../src/bus/sim/sim-node.ts';
import type { SimRandom } from '../../../src/bus/sim/sim-random.ts';
import { SimWorld } from '../../../src/bus/sim/sim-world.ts';
import { Coppice } from '../../../src/client/client.ts';
import { CHECKPOINT_SCHEDULE, type CheckpointOptions } from '../../../src/cluster/checkpoint-options.ts';
import { type ClusterContext, joinCluster } from '../../../src/cluster/context.ts';
import { Controller } from '../../../src/cluster/controller.ts';
import type { DepotAccess } from '../../../src/cluster/depot-access.ts';
import { LOCAL_SCHEDULE, type LocalOptions } from '../../../src/cluster/local-options.ts';
import type { Reporter } from '../../../src/env.ts';
import { asCoppiceError } from '../../../src/errors.ts';
import { SEARCH_REQUIREMENT } from '../../../src/host/actor-source.ts';
import { InlineHost } from '../../../src/host/inline-host.ts';
import { Leaf } from '../../../src/host/leaf.ts';
import { searchActor } from '../../../src/search/actor.ts';
import type { CopyStatus } from '../../../src/wire/records.ts';
import { LEDGER_REQUIREMENT, type LedgerFlaws, type LedgerState, ledgerDefinition } from './ledger-actor.ts';
import { type DepotLies, type SimBlobs, SimDepot } from './sim-depot.ts';
import { type DiskLies, SimDisks } from './sim-disks.ts';

/** Changes the bus of one process: how rules are broken on purpose. */
export type WrapBus = (bus: SimBus, node: SimNode) => Bus;

/** How a cluster is made. */
export type SimClusterOptions = {
  readonly seed: number;
  readonly keepsEvents?: boolean;
  readonly wrapBus?: WrapBus;
  /** What is wrong with the ledger: rules broken on purpose. */
  readonly flaws?: Pick<LedgerFlaws, 'rejectsEarly' | 'skipsByItself'>;
  /** Share of shaky operations that fail on one copy and not on the others, as for want of memory. */
  readonly falterShare?: number;
  /** Log records between checkpoints; none are taken unless told. */
  readonly checkpointRecords?: number | undefined;
  readonly depotLies?: DepotLies;
  /** Whether leaves take and restore snapshots, in the same depot. */
  readonly snapshots?: boolean;
  /** Log records between two saves of a copy on its leaf's disk; leaves have none unless told. */
  readonly localRecords?: number | undefined;
  readonly diskLies?: DiskLies;
};

/** A process as it runs at the moment. */
type Running = {
  readonly node: SimNode;
  readonly bus: Bus;
  context?: ClusterContext;
  host?: InlineHost;
  leaf?: Leaf;
  client?: Coppice;
  /** Latest state of each shard of the ledger. */
  readonly ledgers: Map<number, LedgerState>;
};

type Role = 'leaf' | 'root';

const CLUSTER = 'sim';
const RESTART_MS = 300;
/** A copy that cannot read its log for ten seconds fails, says so, and tries again; so does one whose actor fails. */
const BY_DESIGN =
  /copy failed .*(JetStream does not answer|is poison|faltered)|actor failed to apply|the disk takes nothing/;
/** Of a file that has rotted under an engine: its copy fails, and restores. */
const BY_ROT = /copy failed .*(damaged|checksum|is not what was written|`segment-)/;
/** Saves are soon, and what waits for a full disk is soon too much. */
const LOCAL_TIMES = { intervalMs: 4_000, minIntervalMs: 0, retryMs: 300, spillBytes: 20_000 };

/** A cluster. */
export class SimCluster {
  readonly world: SimWorld;
  /** What happened, with virtual times, for people. */
  readonly story: string[] = [];
  /** What processes reported as errors, and handlers threw: none of that should come of faults. */
  readonly errors: string[] = [];
  /** Whether the time of faults is over. */
  healed = false;
  /** Leaves that were told to give up their copies. */
  readonly drained = new Set<string>();
  /** What lies in the depot. */
  readonly blobs: SimBlobs = new Map();
  /** What lies on the disks of leaves. */
  readonly disks: SimDisks;
  readonly #localRecords: number | undefined;
  readonly #checkpointRecords: number | undefined;
  readonly #depotLies: DepotLies;
  readonly #snapshots: boolean;
  readonly #wrapBus: WrapBus;
  readonly #flaws: LedgerFlaws;
  readonly #falterShare: number;
  readonly #running = new Map<string, Running>();
  readonly #roles = new Map<string, Role>();
  readonly #down = new Set<string>();

  constructor({
    seed,
    keepsEvents = false,
    wrapBus = (bus) => bus,
    flaws = {},
    falterShare = 0,
    checkpointRecords,
    depotLies = {},
    snapshots = false,
    localRecords,
    diskLies = {},
  }: SimClusterOptions) {
    this.#snapshots = snapshots;
    this.#checkpointRecords = checkpointRecords;
    this.#depotLies = depotLies;
    this.#localRecords = localRecords;
    this.disks = new SimDisks(diskLies);
    this.#flaws = flaws;
    this.#falterShare = falterShare;
    this.world = new SimWorld({ seed, keepsEvents });
    this.#wrapBus = wrapBus;
  }

  /** Names of the processes of a role, whether they run or not. */
  names(role: Role): readonly string[] {
    return [...this.#roles].flatMap(([name, one]) => (one === role ? [name] : []));
  }

  /** The process of a name, if it runs. */
  running(name: string): Running | undefined {
    return this.#running.get(name);
  }

  /** The client of a root, once it has joined. */
  client(name: string): Coppice | undefined {
    return this.#running.get(name)?.client;
  }

  /** The copies of all leaves, with the leaf's name, as the leaves themselves see them. */
  copies(): readonly (CopyStatus & { readonly leaf: string })[] {
    return [...this.#running].flatMap(([leaf, { host }]) =>
      (host?.statuses() ?? []).map((status) => ({ ...status, leaf })),
    );
  }

  /** Starts a process, and again whenever it ends, until `kill` or `stop`. */
  start(name: string, role: Role): void {
    this.#roles.set(name, role);
    this.#down.delete(name);
    if (this.#running.has(name)) return;
    const node = this.world.startNode(name, this.#skew());
    const bus = this.#wrapBus(
      this.world.connect(node, (error, subject) =>
        this.errors.push(`${name}: handler of ${subject} threw ${String(error)}`),
      ),
      node,
    );
    const process: Running = { node, bus, ledgers: new Map() };
    this.#running.set(name, process);
    this.tell(`${name} starts (pid ${node.env.machine.pid})`);
    this.#main(name, role, process).catch((error: unknown) => {
      this.tell(`${name} ends: ${asCoppiceError(error).message}`);
      this.#exit(name, process);
    });
  }

  /** Kills a process. `noticed`: the server learns it at once. It stays down until started. */
  kill(name: string, noticed: boolean): void {
    this.#down.add(name);
    const process = this.#running.get(name);
    if (process === undefined) return;
    this.#running.delete(name);
    this.world.kill(process.node, { noticed });
    this.#endDisk(name, this.healed ? undefined : this.world.random);
  }

  /** Ends a leaf in good order; it stays down until started. */
  stop(name: string): void {
    this.#down.add(name);
    const process = this.#running.get(name);
    process?.leaf?.close().then(
      () => this.#exit(name, process),
      (error: unknown) => {
        this.tell(`${name} did not close: ${String(error)}`);
        this.#exit(name, process);
      },
    );
    if (process !== undefined && process.leaf === undefined) this.#exit(name, process);
  }

  /** Adds a line to the story. */
  tell(text: string): void {
    this.story.push(`${(this.world.scheduler.nowMs / 1_000).toFixed(3).padStart(8)} ${text}`);
    this.world.note(text);
  }

  async #main(name: string, role: Role, process: Running): Promise<void> {
    const { node, bus } = process;
    const context = await joinCluster({
      cluster: CLUSTER,
      bus,
      env: node.env,
      report: this.#reporter(name),
      checkpoints: this.#checkpoints(node),
      depots: role === 'leaf' && this.#snapshots ? this.#depots(node) : undefined,
      local: role === 'leaf' ? this.#local(name, node) : undefined,
    });
    process.context = context;
    if (role === 'leaf') return this.#runLeaf(name, process, context);
    await new Controller(context).start();
    process.client = new Coppice(context);
  }

  async #runLeaf(name: string, process: Running, context: ClusterContext): Promise<void> {
    const { random } = process.node.env;
    const falters = (): boolean => !this.healed && this.#falterShare > 0 && random.next() < this.#falterShare;
    const ledger = ledgerDefinition((state) => process.ledgers.set(state.shard, state), { ...this.#flaws, falters });
    const definitions: Readonly<Record<string, ActorDefinition>> = {
      [LEDGER_REQUIREMENT]: ledger,
      [SEARCH_REQUIREMENT]: searchActor,
    };
    process.host = new InlineHost(context, (requires) => definitions[requires]);
    process.leaf = await Leaf.start({
      context,
      host: process.host,
      name,
      zone: '',
      provides: Object.keys(definitions),
      onLost: (reason) => {
        this.tell(`${name} lost its name: ${reason}`);
        this.#exit(name, process);
      },
    });
  }

  /** A process ended by itself: what runs it starts it again. */
  #exit(name: string, process: Running): void {
    if (this.#running.get(name) !== process) return;
    this.#running.delete(name);
    this.world.kill(process.node, { noticed: true });
    this.#endDisk(name, undefined);
    this.world.scheduler.after(RESTART_MS, () => {
      const role = this.#roles.get(name);
      if (role !== undefined && !this.#down.has(name)) this.start(name, role);
    });
  }

  #reporter(name: string): Reporter {
    return (level, message, fields = {}) => {
      if (level === 'debug') return;
      const text = `${name} ${level}: ${message} ${JSON.stringify({ ...fields, stack: undefined })}`;
      if (level === 'error' && !this.#isByDesign(text)) this.errors.push(text);
      this.tell(text);
    };
  }

  #isByDesign(text: string): boolean {
    return BY_DESIGN.test(text) || (this.disks.hasRotted && BY_ROT.test(text));
  }

  #endDisk(name: string, random: SimRandom | undefined): void {
    const what = this.disks.end(name, random);
    if (what !== undefined) this.tell(what);
  }

  #local(name: string, node: SimNode): LocalOptions | undefined {
    const records = this.#localRecords;
    if (records === undefined) return undefined;
    const disk = this.disks.open(name, node);
    const { folder } = this.disks;
    return { ...LOCAL_SCHEDULE, ...LOCAL_TIMES, disk, folder, records };
  }

  #checkpoints({ env }: SimNode): CheckpointOptions | undefined {
    const records = this.#checkpointRecords;
    if (records === undefined) return undefined;
    const depot = new SimDepot(this.blobs, env, this.#depotLies);
    return { ...CHECKPOINT_SCHEDULE, depot, records, minIntervalMs: 0 };
  }

  #depots({ env }: SimNode): DepotAccess {
    return { own: 'nats:', open: async () => new SimDepot(this.blobs, env, this.#depotLies) };
  }

  #skew(): ClockSkew {
    const { random } = this.world;
    const rate = random.chance(0.2) ? random.between(0.5, 1.8) : random.between(0.97, 1.03);
    return { rate, wallMs: random.between(-60_000, 60_000) };
  }
}
