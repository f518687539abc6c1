/**
 * Rules of the replication protocol, each broken on purpose. The code that ships is not touched: a shard is given a log,
 * a client a bus, or the group an actor, that does not keep the rule.
 */
import type { AppendOutcome, LogEntry, TailListener } from '../../../src/bus/log.ts';
import { numberAt, parseAnswer } from '../../../src/bus/nats/api.ts';
import { JS_HEADERS } from '../../../src/bus/nats/stream.ts';
import type { SimBus } from '../../../src/bus/sim/sim-bus.ts';
import type { SimNode } from '../../../src/bus/sim/sim-node.ts';
import { decodeLogRecord, encodeLogRecord, type LogRecord } from '../../../src/wire/log-record.ts';
import { type AskedAppend, type Lies, LyingBus } from './lying-bus.ts';
import type { SimClusterOptions } from './sim-cluster.ts';

/** A rule, and the cluster that breaks it. */
export type Mutation = {
  readonly rule: string;
  readonly cluster: Pick<SimClusterOptions, 'wrapBus' | 'flaws' | 'falterShare' | 'depotLies' | 'diskLies'>;
  /** Log records between checkpoints, where it is about those. */
  readonly checkpointRecords?: number;
  /** Log records between saves on disks, where it is about those. */
  readonly localRecords?: number;
  /** Faults in which it matters. */
  readonly faultKinds: readonly string[];
  /** Whether there are operations that copies fail at. */
  readonly poisons?: boolean;
};

const REUSED_SHARE = 0.05;
const GAP_SHARE = 0.1;
const GAPS = 4;
const PURGED_TOO_FAR = 4;
const LATE_MS = 1_000;
const MUTATED_FALTERS = 0.3;
const UNDECIDED_SHARE = 0.7;

/** Rules of protocol.md that can be broken from outside. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  noFence: {
    rule: 'an append is fenced by the last record (Write 2)',
    faultKinds: ['pausePrimary', 'cutPrimary', 'delays'],
    cluster: lying(() => ({ append: appendWherever })),
  },
  acknowledgedBeforeAppend: {
    rule: 'nothing is answered before it is in the log (Write 4)',
    faultKinds: ['pausePrimary', 'cutPrimary', 'loss', 'leaderless'],
    cluster: lying(() => ({ append: appendSomeTime() })),
  },
  reusedMessageId: {
    rule: 'a message id is never used again (Identity 3)',
    faultKinds: ['killPrimary'],
    cluster: lying((bus, node) => ({ append: appendUnderReusedId(bus, node) })),
  },
  doubtIsFailure: {
    rule: 'after a timeout the last record tells, and an identical one is sent again (Write 3)',
    faultKinds: ['lostAnswers', 'leaderless', 'cutPrimary'],
    cluster: lying((bus) => ({ append: appendAnew(bus) })),
  },
  newOperationIds: {
    rule: 'a retry is the same operation (Exactly once)',
    faultKinds: ['lostAnswers', 'loss', 'killPrimary', 'leaderless'],
    cluster: lying((_, node) => ({ body: withNewIds(node) })),
  },
  tokensIgnored: {
    rule: 'a read waits for what its token says',
    faultKinds: ['delays', 'dropConsumers', 'cut', 'pause'],
    cluster: lying(() => ({ body: withoutToken })),
  },
  noChainCheck: {
    rule: 'a record is applied only if it continues the last one (Log 4)',
    faultKinds: ['delays', 'dropConsumers'],
    cluster: lying((_, node) => gappedTails(node, true)),
  },
  rejectedEarly: {
    rule: 'a rejection that depends on state is in the log before it is told (Write 1)',
    faultKinds: ['duplicates', 'delays'],
    cluster: { flaws: { rejectsEarly: true } },
  },
  skippedAlone: {
    rule: 'a copy that fails where the primary did not must not skip by itself (Apply)',
    faultKinds: ['delays', 'pause'],
    poisons: true,
    cluster: {
      ...lying(() => ({ append: appendWithoutFingerprint })),
      flaws: { skipsByItself: true },
      falterShare: MUTATED_FALTERS,
    },
  },
  purgedTooEarly: {
    rule: 'the log is cut at the second-newest checkpoint, and no further (Checkpoint 3)',
    faultKinds: ['kill', 'stop'],
    checkpointRecords: 5,
    cluster: lying(() => ({ purge: (toSeq) => toSeq + PURGED_TOO_FAR })),
  },
  reusedFileName: {
    rule: 'a retired name never comes back (Checkpoint 5)',
    faultKinds: ['killPrimary', 'stop'],
    checkpointRecords: 5,
    cluster: { depotLies: { reusesNames: true } },
  },
  skippedChecksum: {
    rule: 'a file is used only if it is sound (Restore)',
    faultKinds: ['rot', 'kill'],
    checkpointRecords: 5,
    cluster: { depotLies: { skipsChecksums: true } },
  },
  reusedLocalName: {
    rule: 'a retired name never comes back on a disk either (Checkpoint 5)',
    faultKinds: ['stop', 'kill'],
    localRecords: 2,
    cluster: { diskLies: { reusesNames: true } },
  },
  skippedLocalChecksum: {
    rule: 'a local file is used only if it is sound (Restore)',
    faultKinds: ['rotOnDisk', 'kill', 'stop'],
    localRecords: 2,
    cluster: { diskLies: { skipsChecksums: true } },
  },
  skippedSync: {
    rule: 'a list of local files counts once they and it are synced (Restore)',
    faultKinds: ['kill'],
    localRecords: 2,
    cluster: { diskLies: { skipsSyncs: true } },
  },
};

/** A tail that leaves out records, which the chain check must notice: nothing else may come of it. */
export const GAPPED_TAILS = lying((_, node) => gappedTails(node, false));

/** Primaries that do not get to log what is to be skipped: it is left to all copies together, and nothing else may come of it. */
export const UNDECIDED_SKIPS = lying((_, node) => ({ append: appendNotEverySkip(node) }));

function lying(lies: (bus: SimBus, node: SimNode) => Lies): Mutation['cluster'] {
  return { wrapBus: (bus, node) => new LyingBus(bus, lies(bus, node)) };
}

/** Tails of one process. Its gaps are few, so that a restore comes to an end. */
function gappedTails(node: SimNode, hides: boolean): Lies {
  let left = GAPS;
  const makesGap = (): boolean => node.env.random.next() < GAP_SHARE && left-- > 0;
  return { tail: (listener) => new GappedTail(listener, { node, hides, makesGap }) };
}

/** Leaves out a record now and then. `hides` makes the next one look as if it continued the one before the gap. */
class GappedTail implements TailListener {
  readonly #listener: TailListener;
  readonly #options: { readonly node: SimNode; readonly hides: boolean; readonly makesGap: () => boolean };
  #last: LogEntry | undefined;
  #held: LogEntry | undefined;

  constructor(listener: TailListener, options: { node: SimNode; hides: boolean; makesGap: () => boolean }) {
    this.#listener = listener;
    this.#options = options;
  }

  onEntry(entry: LogEntry): void {
    const { node, makesGap } = this.#options;
    if (this.#last === undefined || this.#held !== undefined || !makesGap()) return this.#hand(entry);
    this.#held = entry;
    // A gap that nothing follows is mere lateness.
    node.env.clock.after(LATE_MS, () => {
      if (this.#held === entry) this.#hand(entry);
    });
  }

  onError(error: Error): void {
    this.#listener.onError(error);
  }

  #hand(entry: LogEntry): void {
    const told =
      this.#held !== undefined && this.#held !== entry && this.#options.hides ? continuing(this.#last, entry) : entry;
    this.#held = undefined;
    this.#last = entry;
    this.#listener.onEntry(told);
  }
}

function continuing(last: LogEntry | undefined, entry: LogEntry): LogEntry {
  const record = { ...decodeLogRecord(entry.data), prevSeq: last?.seq ?? 0, prevId: last?.id ?? '' };
  return { ...entry, data: encodeLogRecord(record) };
}

/** Puts the record after whatever is the last now. */
async function appendWherever({ honest, shard, record, signal }: AskedAppend): Promise<AppendOutcome> {
  for (;;) {
    const expectedSeq = (await honest.last(shard))?.seq ?? 0;
    const outcome = await honest.append(shard, { ...record, expectedSeq }, signal);
    if (outcome.kind === 'appended') return outcome;
  }
}

/** Tells nobody on how many operations the copy has failed, so that others cannot see that they hold something else. */
async function appendWithoutFingerprint({ honest, shard, record, signal }: AskedAppend): Promise<AppendOutcome> {
  const told = withoutFingerprint(decodeLogRecord(record.data));
  return honest.append(shard, { ...record, data: encodeLogRecord(told) }, signal);
}

function appendNotEverySkip(node: SimNode): NonNullable<Lies['append']> {
  return async ({ honest, shard, record, signal }) => {
    const { skip, prevSeq } = decodeLogRecord(record.data);
    const isPrimarys = skip !== undefined && skip.seq === prevSeq;
    if (isPrimarys && node.env.random.next() < UNDECIDED_SHARE)
      return { kind: 'fenced', last: await honest.last(shard) };
    return honest.append(shard, record, signal);
  };
}

function withoutFingerprint({ failures: _, ...told }: LogRecord): LogRecord {
  return told;
}

/** Says that it is done, and does it some time later. The place is a guess, right as long as nobody else writes. */
function appendSomeTime(): NonNullable<Lies['append']> {
  const earlier = new Map<string, Promise<unknown>>();
  return async ({ honest, spec, shard, record, signal }) => {
    const key = `${spec.stream}/${shard}`;
    const before = earlier.get(key) ?? Promise.resolve();
    const append = async (): Promise<unknown> => honest.append(shard, record, signal);
    // What becomes of it interests nobody: that is the mutation.
    earlier.set(key, before.then(append, append));
    return { kind: 'appended', seq: record.expectedSeq + 1 };
  };
}

/** Now and then the id of the record before is used again, and a duplicate passes for an acknowledgement. */
function appendUnderReusedId(bus: SimBus, node: SimNode): NonNullable<Lies['append']> {
  const lastIds = new Map<string, string>();
  return async ({ honest, spec, shard, record, signal }) => {
    const subject = `${spec.subjectPrefix}.${shard}`;
    const before = lastIds.get(subject);
    const reuses = before !== undefined && node.env.random.next() < REUSED_SHARE;
    const seq = reuses ? await storedAt(bus, { ...record, subject, id: before }) : undefined;
    if (seq !== undefined) return { kind: 'appended', seq };
    lastIds.set(subject, record.id);
    return honest.append(shard, record, signal);
  };
}

/** Tries once; what is not acknowledged is sent again as something new, behind whatever is there by now. */
function appendAnew(bus: SimBus): NonNullable<Lies['append']> {
  return async ({ honest, spec, shard, record, signal }) => {
    const subject = `${spec.subjectPrefix}.${shard}`;
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      const expectedSeq = attempt === 0 ? record.expectedSeq : ((await honest.last(shard))?.seq ?? 0);
      const id = attempt === 0 ? record.id : `${record.id}.${attempt}`;
      const message = { subject, id, data: record.data, expectedSeq };
      const seq = await storedAt(bus, message);
      if (seq !== undefined) return { kind: 'appended', seq };
    }
  };
}

function withNewIds(node: SimNode): NonNullable<Lies['body']> {
  return (subject, body) => {
    const operations: unknown = body['operations'];
    if (!subject.includes('.primary.') || !Array.isArray(operations)) return body;
    return { ...body, operations: operations.map((one: object) => ({ ...one, id: node.env.random.id() })) };
  };
}

function withoutToken(_: string, { after: __, ...body }: Readonly<Record<string, unknown>>): unknown {
  return body;
}

/** Where a record was stored; undefined if it was not, or nobody said so. */
async function storedAt(
  bus: SimBus,
  message: { subject: string; id: string; data: Uint8Array; expectedSeq: number },
): Promise<number | undefined> {
  const { subject, id, data, expectedSeq } = message;
  const headers = { [JS_HEADERS.messageId]: id, [JS_HEADERS.expectedLastSubjectSeq]: String(expectedSeq) };
  const reply = await bus.api.exchange(subject, data, { headers });
  const answer = reply === undefined ? undefined : parseAnswer(reply);
  return answer?.ok === true ? numberAt(answer.value, 'seq') : undefined;
}
