/**
 * Looks at a cluster from inside once everything is healed: waits until all copies stand at the same place, asks each of
 * them by itself, and reads the logs. What the workload may not know, the judge has to.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shardsOf } from '../../src/actor/slots.ts';
import type { ClusterContext } from '../../src/cluster/context.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { pause, systemEnv } from '../../src/env.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import type { CopyAnswer, LoggedRecord } from '../../src/testing/judge.ts';
import { encode } from '../../src/wire/codec.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import { groupToken, nameToToken } from '../../src/wire/names.ts';
import { type CopyStatus, type GroupRecord, SERVING_STATES } from '../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { WORDS } from './lane.ts';

type PlacedCopy = CopyStatus & { readonly leaf: string };

const LOOK_MS = 100;
const COPY_DEADLINE_MS = 20_000;
const LOG_DEADLINE_MS = 60_000;
/** The most hits that one question gives. */
const WINDOW = 10_000;

/** One cluster and the index of a run. */
export class Inspector {
  readonly #context: ClusterContext;
  readonly #index: string;

  constructor(context: ClusterContext, index: string) {
    this.#context = context;
    this.#index = index;
  }

  /** Resolves to nothing when every shard has its copies, one of them leads, and all are at the same place; else to why not. */
  async settled(withinMs: number): Promise<string | undefined> {
    const endMs = systemEnv.clock.nowMs() + withinMs;
    while (!this.#isSettled() && systemEnv.clock.nowMs() < endMs) await pause(systemEnv.clock, LOOK_MS);
    return this.#isSettled() ? undefined : this.#shownCopies();
  }

  /** What each copy answers, with scores, when it is asked on its own subject. Whole answers are kept in `folder`. */
  async copies(folder: string): Promise<readonly CopyAnswer[]> {
    const answers: CopyAnswer[] = [];
    for (const { leaf, shard } of this.#copies()) {
      const told: Uint8Array[] = [];
      for (const word of WORDS) told.push(await this.#ask(leaf, shard, word));
      const whole = Buffer.concat(told);
      await writeFile(join(folder, `copy-${shard}-${leaf}.msgpack`), whole);
      answers.push({ leaf, shard, answer: createHash('sha256').update(whole).digest('hex') });
    }
    return answers;
  }

  /** The log of each shard, as far as it has not been purged, without what the records hold. */
  async logs(): Promise<readonly (readonly LoggedRecord[])[]> {
    return Promise.all(shardsOf(this.#group().slots).map(async (shard) => this.#logOf(shard)));
  }

  async #ask(leaf: string, shard: number, word: string): Promise<Uint8Array> {
    const { cluster, rpc } = this.#context;
    const group = this.#group();
    const place = { cluster, leaf: nameToToken(leaf), group: groupToken(group.name, group.generation) };
    const subject = fill(SUBJECTS.copy, { ...place, shard, endpoint: 'search' });
    const request = parseSearch({ query: { match: { text: word } }, size: WINDOW });
    const body = { body: { request, sources: true }, slots: group.slots.version };
    return encode(await rpc.request(subject, body, { deadlineMs: COPY_DEADLINE_MS }), 'msgpack');
  }

  async #logOf(shard: number): Promise<readonly LoggedRecord[]> {
    const log = this.#context.bus.openLog(logSpec(this.#context.cluster, this.#group()));
    const last = await log.last(shard);
    const records: LoggedRecord[] = [];
    if (last === undefined) return records;
    let done = (_error?: Error): void => {};
    const read = new Promise<void>((resolve, reject) => {
      done = (error) => (error === undefined ? resolve() : reject(error));
    });
    const cancel = systemEnv.clock.after(LOG_DEADLINE_MS, () =>
      done(new Error(`the log of shard ${shard} cannot be read`)),
    );
    const tail = log.tail(shard, 1, {
      onEntry: ({ seq, id, data }) => {
        records.push({ seq, id, record: { ...decodeLogRecord(data), operations: [] } });
        if (seq >= last.seq) done();
      },
      onError: (error) => done(error),
    });
    try {
      await read;
      return records;
    } finally {
      cancel();
      tail.close();
    }
  }

  #isSettled(): boolean {
    const group = this.#context.view.group(this.#index);
    if (group === undefined) return false;
    const copies = this.#copies();
    return shardsOf(group.slots).every((shard) => {
      const own = copies.filter((copy) => copy.shard === shard);
      const isCurrent = ({ state, seq, lastSeq }: PlacedCopy): boolean =>
        SERVING_STATES.has(state) && seq === own[0]?.seq && seq === lastSeq;
      return (
        own.length === group.copies &&
        own.every(isCurrent) &&
        own.filter(({ state }) => state === 'primary').length === 1
      );
    });
  }

  #shownCopies(): string {
    return this.#copies()
      .map(
        ({ leaf, shard, state, seq, lastSeq, reason = '' }) =>
          `${shard} on ${leaf}: ${state} ${seq}/${lastSeq} ${reason}`,
      )
      .join('; ');
  }

  #copies(): readonly PlacedCopy[] {
    const group = this.#context.view.group(this.#index);
    return group === undefined ? [] : this.#context.membership.copiesOf(group);
  }

  #group(): GroupRecord {
    const group = this.#context.view.group(this.#index);
    if (group === undefined) throw new Error(`there is no index ${this.#index}`);
    return group;
  }
}
