/**
 * Faults of a running cluster's processes on this machine: killed, or stopped for a while. Whoever minds them is expected
 * to start them again, as `coppice up` does.
 */
import { hostname } from 'node:os';
import type { SimRandom } from '../../src/bus/sim/sim-random.ts';
import type { ClusterContext } from '../../src/cluster/context.ts';
import { pause, systemEnv } from '../../src/env.ts';
import type { ClusterFile } from '../embedded/cluster-file.ts';
import { type BegunFault, type FaultDomain, type FaultKind, FaultSkipped } from './fault.ts';
import { findHostProcesses, type HostProcess, isStill, type ProcessRole } from './host-processes.ts';
import { controllerProcess, somePrimary } from './whereabouts.ts';

/** Which cluster. `file` reads what the data folder says now, if the cluster was started there. */
export type HostFaultOptions = {
  readonly context: ClusterContext;
  readonly index: string;
  readonly file: () => ClusterFile | undefined;
  readonly tell: (text: string) => void;
};

type Choose = (random: SimRandom) => Promise<HostProcess>;

const DOMAINS: Readonly<Record<ProcessRole, FaultDomain>> = { leaf: 'leaf', root: 'root', 'nats-server': 'nats' };
const BACK_MS = 60_000;
const LOOK_MS = 250;

/** The faults that can be done to what is on this machine. */
export class HostFaults {
  readonly #options: HostFaultOptions;
  /** Those that are stopped now. */
  readonly #stopped = new Set<number>();
  readonly #struck = new Set<number>();

  constructor(options: HostFaultOptions) {
    this.#options = options;
  }

  /** All kinds; those of the nats-server only if `coppice up` on this machine started it. */
  kinds(hasServer: boolean): readonly FaultKind[] {
    const all = [
      this.#pair('leaf', 'a leaf', 'leaf', async (random) => this.#some('leaf', random)),
      this.#pair('primary', 'a leaf that leads a shard', 'leaf', async (random) => this.#primary(random)),
      this.#pair('controller', 'the root that holds the controller’s seat', 'root', async () => this.#controller()),
      this.#pair('nats', 'the nats-server', 'nats-server', async (random) => this.#some('nats-server', random)),
    ];
    return (hasServer ? all : all.slice(0, -1)).flat();
  }

  /** Lets everything that is stopped go on: for the end of the program, whatever its reason. */
  resumeAll(): void {
    for (const pid of this.#stopped) process.kill(pid, 'SIGCONT');
    this.#stopped.clear();
  }

  #pair(name: string, whom: string, role: ProcessRole, choose: Choose): readonly FaultKind[] {
    const domain = DOMAINS[role];
    return [
      {
        name: `${name}.kill`,
        does: `kill -9 of ${whom}`,
        domain,
        begin: async (random) => this.#kill(await choose(random)),
      },
      {
        name: `${name}.stop`,
        does: `SIGSTOP of ${whom}, then SIGCONT`,
        domain,
        begin: async (random) => this.#stop(await choose(random)),
      },
    ];
  }

  async #kill(victim: HostProcess): Promise<BegunFault> {
    this.#signal(victim, 'SIGKILL');
    return { what: `${victim.name} (${victim.pid}) is killed`, end: async () => this.#untilBack(victim) };
  }

  async #stop(victim: HostProcess): Promise<BegunFault> {
    this.#signal(victim, 'SIGSTOP');
    this.#struck.add(victim.pid);
    this.#stopped.add(victim.pid);
    const end = async (): Promise<void> => {
      this.#struck.delete(victim.pid);
      if (this.#stopped.delete(victim.pid) && isStill(victim)) process.kill(victim.pid, 'SIGCONT');
    };
    return { what: `${victim.name} (${victim.pid}) is stopped`, end };
  }

  #signal(victim: HostProcess, signal: NodeJS.Signals): void {
    if (!isStill(victim)) throw new FaultSkipped(`${victim.name} (${victim.pid}) is gone already`);
    process.kill(victim.pid, signal);
  }

  /** Somebody starts it again; if nobody does, it is told, and the cluster has to do without. */
  async #untilBack(victim: HostProcess): Promise<void> {
    const endMs = systemEnv.clock.nowMs() + BACK_MS;
    while (systemEnv.clock.nowMs() < endMs) {
      // Without a link there is nothing to be seen; the nats-server may be the one that is gone.
      const { found } = this.#options.context.bus.link.up ? await this.#find() : { found: [] };
      const isBack = found.some(
        ({ name, role, pid }) => role === victim.role && pid !== victim.pid && name === victim.name,
      );
      if (isBack || (victim.name === 'controller' && found.some(({ role }) => role === 'root'))) return;
      await pause(systemEnv.clock, LOOK_MS);
    }
    this.#options.tell(`${victim.name} was killed ${BACK_MS / 1_000} s ago, and nobody has started it again`);
  }

  async #some(role: ProcessRole, random: SimRandom): Promise<HostProcess> {
    const { found } = await this.#find();
    const free = found.filter((one) => one.role === role && !this.#struck.has(one.pid));
    if (free.length === 0) throw new FaultSkipped(`no ${role} on this machine is left to be struck`);
    return random.pick(free);
  }

  async #primary(random: SimRandom): Promise<HostProcess> {
    const owner = somePrimary(this.#options.context, this.#options.index, random);
    const { found } = await this.#find();
    const primary = found.find(({ name, role, pid }) => name === owner && role === 'leaf' && !this.#struck.has(pid));
    if (primary === undefined) throw new FaultSkipped(`${owner} cannot be struck`);
    return primary;
  }

  async #controller(): Promise<HostProcess> {
    const { pid, host } = await controllerProcess(this.#options.context);
    const { found } = await this.#find();
    const seated = found.find((one) => one.pid === pid && host === hostname() && !this.#struck.has(pid));
    if (seated === undefined) throw new FaultSkipped(`the controller (${pid} on ${host}) cannot be struck`);
    return seated;
  }

  async #find() {
    return findHostProcesses(this.#options.context, this.#options.file());
  }
}
