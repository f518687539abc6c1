/**
 * One run of chaos on a cluster of real processes: clients write and read over plain NATS while faults strike as planned;
 * then all is healed, and the judge of the simulator's histories looks at what was promised and at what is there.
 */
import { join } from 'node:path';
import type { NatsConnection } from 'nats';
import { SimRandom } from '../../src/bus/sim/sim-random.ts';
import type { ClusterContext } from '../../src/cluster/context.ts';
import { pause, systemEnv } from '../../src/env.ts';
import { asCoppiceError } from '../../src/errors.ts';
import { judgeCopies, judgeLists, judgeLog } from '../../src/testing/judge.ts';
import { type FinalDocument, judgeDocuments } from '../../src/testing/judge-documents.ts';
import type { Got } from './answers.ts';
import { Inspector } from './inspector.ts';
import { Lane, SCOPES, WORDS } from './lane.ts';
import { ListKeys } from './list-keys.ts';
import { PatientApi } from './patient-api.ts';
import type { PlannedFault } from './plan.ts';
import { Recorder } from './recorder.ts';
import { type ChaosResult, rowsOf } from './results.ts';
import { type StruckFault, strikeAll } from './strike.ts';

/** What a run needs. Connections belong to the caller. */
export type ChaosOptions = {
  readonly seed: number;
  readonly plan: readonly PlannedFault[];
  /** The workload's connection to NATS. */
  readonly nats: NatsConnection;
  /** The judge's seat in the cluster. */
  readonly context: ClusterContext;
  /** Name of the index, which is made for the run. */
  readonly index: string;
  readonly shards: number;
  readonly replicas: number;
  /** Clients at once. */
  readonly lanes: number;
  /** Folder that takes the history, and what copies answered. */
  readonly folder: string;
  readonly tell: (text: string) => void;
  /** Ends the faults early; what was done until then is judged all the same. */
  readonly signal: AbortSignal;
};

const START_MS = 60_000;
/** Clients work undisturbed for so long before the first fault, and after the last one. */
const CALM_MS = 1_500;
/** All is healed: the cluster has so long to be whole. */
const HEAL_MS = 120_000;
const LAST_WRITE_MS = 20_000;

/** Runs chaos, and judges it. Rejects if the run itself fails, not if a promise was broken: see `violations`. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const recorder = new Recorder(join(options.folder, 'history.jsonl'));
  try {
    return await new ChaosRun(options, recorder).run();
  } finally {
    await recorder.close();
  }
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #recorder: Recorder;
  readonly #lists: ListKeys;
  readonly #api: PatientApi;
  readonly #inspector: Inspector;
  readonly #violations: string[] = [];
  #over = false;

  constructor(options: ChaosOptions, recorder: Recorder) {
    const { nats, context, index, seed } = options;
    this.#options = options;
    this.#recorder = recorder;
    this.#lists = new ListKeys(new SimRandom(seed).fork('lists'));
    this.#api = new PatientApi(nats, context.cluster, index);
    this.#inspector = new Inspector(context, index);
  }

  async run(): Promise<ChaosResult> {
    const { tell, shards, replicas } = this.#options;
    await this.#api.createIndex({ shards, replicas }, START_MS);
    const unready = await this.#inspector.settled(START_MS);
    if (unready !== undefined) throw new Error(`the index does not serve before the first fault: ${unready}`);
    const work = this.#work();
    await pause(systemEnv.clock, CALM_MS);
    const note = (text: string): void => {
      this.#recorder.note({ fault: text });
      tell(text);
    };
    const faults = await this.#strike(note, work);
    await this.#finish();
    const { history, acknowledgedAtMs, reads, failed } = this.#recorder;
    const ends = [...history.writes, ...history.documents].map(({ end }) => end?.kind);
    return {
      seed: this.#options.seed,
      faults,
      rows: rowsOf(faults, this.#recorder),
      acknowledged: acknowledgedAtMs.length,
      unknown: ends.filter((kind) => kind === 'unknown').length,
      reads,
      failed: countsOf(failed.map(({ what, code }) => `${what}: ${code}`)),
      violations: this.#violations,
      historyFile: join(this.#options.folder, 'history.jsonl'),
    };
  }

  /** Lets faults strike, and ends the clients' work after them, whatever becomes of the faults. */
  async #strike(tell: (text: string) => void, work: Promise<void>): Promise<readonly StruckFault[]> {
    const { plan, signal } = this.#options;
    try {
      return await strikeAll(plan, { nowMs: () => this.#recorder.nowMs, tell, signal });
    } finally {
      await pause(systemEnv.clock, CALM_MS);
      this.#over = true;
      await work;
    }
  }

  /** Resolves when every client has ended, whatever becomes of it. */
  async #work(): Promise<void> {
    const { lanes, nats, context, index, seed } = this.#options;
    const run = async (at: number): Promise<void> => {
      const name = `c${at}`;
      const lane = new Lane({
        name,
        nats,
        cluster: context.cluster,
        index,
        encoding: at % 2 === 0 ? 'json' : 'msgpack',
        random: new SimRandom(seed).fork(name),
        recorder: this.#recorder,
        lists: this.#lists,
        isOver: () => this.#over,
      });
      await lane
        .run()
        .catch((error: unknown) => this.#violate(`client ${name} failed: ${asCoppiceError(error).message}`));
    };
    await Promise.all(Array.from({ length: lanes }, async (_, at) => run(at)));
  }

  /** All is healed: the cluster becomes whole, takes writes, and has kept its promises. */
  async #finish(): Promise<void> {
    const colour = await this.#api.green(HEAL_MS);
    if (colour !== undefined) this.#violate(`the cluster is ${colour} ${HEAL_MS} ms after everything was healed`);
    await this.#writeOnceMore();
    const unsettled = await this.#inspector.settled(HEAL_MS);
    if (unsettled !== undefined) this.#violate(`copies do not come to stand at one place: ${unsettled}`);
    await this.#judge().catch((error: unknown) => this.#violate(`judging failed: ${asCoppiceError(error).message}`));
  }

  async #writeOnceMore(): Promise<void> {
    for (let at = 0; at < this.#options.shards * 4; at += 1) {
      const [id, text] = [`last-${at}`, `${WORDS[0]} vlast${at}`];
      const write = { id, text, scope: SCOPES.once };
      try {
        const { _version, token } = await this.#api.put(id, { scope: SCOPES.once, text }, LAST_WRITE_MS);
        this.#recorder.history.documents.push({ ...write, end: { kind: 'acknowledged', at: _version, token } });
      } catch (error) {
        this.#recorder.history.documents.push({ ...write, end: { kind: 'unknown', code: '' } });
        this.#violate(`a write fails though all is healed: ${asCoppiceError(error).message}`);
      }
    }
  }

  async #judge(): Promise<void> {
    const { history } = this.#recorder;
    const { folder } = this.#options;
    const ids = [...new Set(history.documents.map(({ id }) => id))];
    const documents = await this.#api.documents(ids, LAST_WRITE_MS);
    const lists = await this.#api.documents(this.#lists.all, LAST_WRITE_MS);
    const count = await this.#api.count(LAST_WRITE_MS);
    const found = documents.length + lists.length;
    if (count !== found) this.#violate(`the index has ${count} documents, of which ${found} were written`);
    const findings = [
      ...judgeLists(history, new Map(lists.map(({ _id, _source }) => [_id, _source?.tags ?? []]))),
      ...judgeDocuments(history, new Map(documents.map((one) => [one._id, finalOf(one)]))),
      ...judgeCopies(await this.#inspector.copies(folder)),
      ...(await this.#inspector.logs()).flatMap(judgeLog),
    ];
    for (const finding of findings) this.#violate(finding);
  }

  #violate(violation: string): void {
    this.#violations.push(violation);
    this.#recorder.note({ violation });
    this.#options.tell(`VIOLATION ${violation}`);
  }
}

function finalOf({ _source, _version }: Got): FinalDocument {
  const text = _source?.text ?? '';
  return _version === undefined ? { text } : { text, version: _version };
}

function countsOf(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
