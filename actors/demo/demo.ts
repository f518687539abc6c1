/**
 * The demo: a small cluster with a real corpus, searched, broken with `kill -9`, searched again, and watched as it
 * grows back. Everything it does is what `coppice up`, `load` and `search` do.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Coppice } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { pause, systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { type ClusterState, clusterState } from '../cli/cluster-state.ts';
import { queryOf } from '../cli/commands/search.ts';
import { tellEvent } from '../cli/commands/up.ts';
import { Loader } from '../cli/load/loader.ts';
import { Progress } from '../cli/progress.ts';
import { showBytes, showCount, showDuration } from '../cli/quantity.ts';
import { drawHits, HIGHLIGHT, parseSearchAnswer, type SearchAnswer, searchSummary } from '../cli/search-answer.ts';
import { drawStatus } from '../cli/status-table.ts';
import type { Output } from '../cli/terminal.ts';
import type { Vars } from '../connection-vars.ts';
import { EMBEDDED_DEFAULTS, EmbeddedCluster } from '../embedded/embedded-cluster.ts';
import { Regrowth, type Victim } from './regrowth.ts';
import { SYNSETS, WORDNET_MAPPINGS, wordnet } from './wordnet.ts';

/** What the demo is given. */
export type DemoOptions = { readonly output: Output; readonly data: string; readonly vars: Vars };

const INDEX = 'wordnet';
const QUESTIONS = ['fear of heights', 'a person who studies insects', 'a large body of salt water'];
const HITS = 3;
const WHOLE_WITHIN_MS = 60_000;
const POLL_MS = 50;

type Answered = { readonly question: string; readonly answer: SearchAnswer; readonly tookMs: number };

/** One run of the demo. */
export class Demo {
  readonly #options: DemoOptions;
  #cluster: EmbeddedCluster | undefined;

  constructor(options: DemoOptions) {
    this.#options = options;
  }

  /**
   * Runs it from start to end. Nothing is left running, whether it ends or fails; the data stays for `make up`.
   *
   * @throws CoppiceError what went wrong, or the signal's reason.
   */
  async run(signal: AbortSignal): Promise<void> {
    const startMs = systemEnv.clock.nowMs();
    this.#cluster = await this.#start(signal);
    const coppice = await connect({ ...this.#cluster.connection, name: 'coppice demo' });
    try {
      await this.#load(coppice, signal);
      this.#title('A dictionary in reverse: from the description to the word');
      const before = await this.#search(coppice);
      this.#showAnswers(before);
      const victim = await this.#kill(coppice);
      const after = await this.#search(coppice);
      this.#compare(before, after);
      await this.#growBack(coppice, victim, signal);
    } finally {
      await coppice.close();
      await this.#cluster.close();
    }
    this.#sayGoodbye(systemEnv.clock.nowMs() - startMs);
  }

  /** Kills all processes at once. */
  killNow(): void {
    this.#cluster?.killNow();
  }

  async #start(signal: AbortSignal): Promise<EmbeddedCluster> {
    const { data, vars, output } = this.#options;
    this.#title('A cluster on this machine: nats-server, three leaves, one root');
    const startMs = systemEnv.clock.nowMs();
    const cluster = await EmbeddedCluster.start({
      ...EMBEDDED_DEFAULTS,
      data,
      vars,
      signal,
      fresh: true,
      onEvent: (event) => this.#say(tellEvent(event)),
      onStderr: (text) => output.write(text),
    });
    const { nats, leaves } = cluster.describe();
    const pids = leaves.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
    this.#say(`up at ${nats} after ${showDuration(systemEnv.clock.nowMs() - startMs)}: ${pids}`);
    return cluster;
  }

  async #load(coppice: Coppice, signal: AbortSignal): Promise<void> {
    const { output, data } = this.#options;
    this.#title(
      `A corpus: WordNet, ${showCount(SYNSETS)} meanings of English words, into 3 shards with 1 replica each`,
    );
    await coppice.request('index-create', INDEX, { settings: { shards: 3, replicas: 1 }, mappings: WORDNET_MAPPINGS });
    const { clock } = systemEnv;
    const startMs = clock.nowMs();
    const progress = new Progress(output, INDEX, () => clock.nowMs());
    const loader = new Loader({
      coppice,
      index: INDEX,
      env: systemEnv,
      signal,
      onProgress: (state) => progress.update(state),
      onFailure: ({ reason }) => {
        throw new CoppiceError('INTERNAL', `a synset could not be loaded: ${reason}`);
      },
    });
    const { docs } = await loader.run(wordnet());
    progress.clear();
    const tookMs = clock.nowMs() - startMs;
    this.#say(
      `${showCount(docs)} documents loaded in ${showDuration(tookMs)}, ${showCount((docs * 1_000) / tookMs)} per second, each on disk before it was acknowledged`,
    );
    const { state, waitedMs } = await this.#untilWhole(coppice, signal);
    const copies = state.indices.flatMap(({ shards }) => shards.flatMap((shard) => shard.copies));
    const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
    this.#say(
      `all ${copies.length} copies have all of it ${showDuration(waitedMs)} later, ${showBytes(bytes)} in memory`,
    );
    // Tells `make up` that this data is worth keeping.
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'loaded'), `${INDEX}\n`);
  }

  async #search(coppice: Coppice): Promise<readonly Answered[]> {
    const answers: Answered[] = [];
    for (const question of QUESTIONS) {
      const startMs = systemEnv.clock.nowMs();
      const body = {
        query: queryOf([question]),
        size: HITS,
        search_type: 'dfs_query_then_fetch',
        highlight: HIGHLIGHT,
      };
      const answer = parseSearchAnswer(await coppice.request('search', INDEX, body));
      answers.push({ question, answer, tookMs: systemEnv.clock.nowMs() - startMs });
    }
    return answers;
  }

  #showAnswers(answers: readonly Answered[]): void {
    const { output } = this.#options;
    for (const { question, answer, tookMs } of answers) {
      output.write(
        `\n  "${question}": ${searchSummary(answer)}, ${showDuration(tookMs)} with the way there and back\n`,
      );
      output.write(drawHits(answer.hits.hits, { width: output.width(), colour: output.colour, from: 0 }));
    }
  }

  /** Kills the leaf that holds most primaries. */
  async #kill(coppice: Coppice): Promise<Victim> {
    const state = await clusterState(coppice);
    this.#title('Now the hard way: kill -9 one leaf that leads a shard');
    this.#options.output.write(
      drawStatus(state, 'before', this.#options.output.width()).split('\n').slice(2).join('\n'),
    );
    const led = state.indices.flatMap(({ shards }) =>
      shards.flatMap(({ shard, copies }) =>
        copies.filter(({ primary }) => primary).map(({ leaf }) => ({ shard, leaf })),
      ),
    );
    const [{ leaf: victim } = { leaf: '' }] = led.toSorted((a, b) => count(led, b.leaf) - count(led, a.leaf));
    const pid = this.#cluster?.kill(victim, 'SIGKILL');
    if (pid === undefined) throw new CoppiceError('INTERNAL', 'no leaf leads a shard');
    const shards = led.filter(({ leaf }) => leaf === victim).map(({ shard }) => shard);
    this.#say(`kill -9 ${pid}: ${victim}, primary of shard ${shards.join(' and ')}`);
    return { leaf: victim, pid };
  }

  /** Whether the answers are whole, and the same as before. */
  #compare(before: readonly Answered[], after: readonly Answered[]): void {
    for (const [at, { question, answer, tookMs }] of after.entries()) {
      const { _shards: shards } = answer;
      const same = fingerprint(answer) === fingerprint(before[at]?.answer);
      const verdict = `${shards.successful} of ${shards.total} shards answered, ${same ? `the same hits with the same scores, first "${firstTitle(answer)}"` : 'OTHER HITS'}`;
      this.#say(`"${question}": ${verdict}, ${showDuration(tookMs)}`);
      if (!same || shards.failed > 0)
        throw new CoppiceError('INTERNAL', `the search for "${question}" was not the same after the kill`);
    }
  }

  async #growBack(coppice: Coppice, victim: Victim, signal: AbortSignal): Promise<void> {
    this.#title(`${victim.leaf} grows back: started again, it replays the log of its shards`);
    const watch = new Regrowth({ index: INDEX, victim, say: (line) => this.#say(line) });
    const { state, waitedMs } = await this.#untilWhole(coppice, signal, (seen) => watch.look(seen));
    this.#say(`whole again after ${showDuration(waitedMs)}\n`);
    this.#options.output.write(drawStatus(state, 'green', this.#options.output.width()));
  }

  /** Resolves when every copy serves and has all of the log, and `look` has seen what it waits for. */
  async #untilWhole(
    coppice: Coppice,
    signal: AbortSignal,
    look: (state: ClusterState) => boolean = () => true,
  ): Promise<{ state: ClusterState; waitedMs: number }> {
    const { clock } = systemEnv;
    const startMs = clock.nowMs();
    for (;;) {
      const state = await clusterState(coppice);
      const seen = look(state);
      const waitedMs = clock.nowMs() - startMs;
      if (seen && isWhole(state)) return { state, waitedMs };
      if (waitedMs > WHOLE_WITHIN_MS)
        throw new CoppiceError('DEADLINE_EXCEEDED', `the cluster is not whole after ${showDuration(waitedMs)}`);
      await pause(clock, POLL_MS, signal);
    }
  }

  #sayGoodbye(tookMs: number): void {
    this.#title(`That was all of it, in ${showDuration(tookMs)}. What to try next`);
    this.#options.output.write(NEXT);
  }

  #title(text: string): void {
    this.#options.output.write(`\n${this.#options.output.colour ? `\u001b[1m${text}\u001b[0m` : `== ${text} ==`}\n`);
  }

  #say(text: string): void {
    this.#options.output.write(`  ${text}\n`);
  }
}

const NEXT = `  make up                                                             the same cluster with this data, to stay
  node dist/actors/cli/main.js search wordnet music for two voices    in another terminal
  node dist/actors/cli/main.js status
  node dist/actors/cli/main.js --help
`;

function count(led: readonly { leaf: string }[], leaf: string): number {
  return led.filter((one) => one.leaf === leaf).length;
}

function firstTitle(answer: SearchAnswer): string {
  const title = answer.hits.hits[0]?._source['title'];
  return typeof title === 'string' ? title : '';
}

function fingerprint(answer: SearchAnswer | undefined): string {
  return JSON.stringify([answer?.hits.total, answer?.hits.hits.map(({ _id, _score }) => [_id, _score])]);
}

/** Whether every copy that should be there serves, and nothing of the log is missing to it. */
function isWhole({ indices }: ClusterState): boolean {
  const serving = new Set(['primary', 'replica']);
  return indices.every(({ replicas, shards }) =>
    shards.every(({ copies }) => {
      const last = Math.max(...copies.map(({ last_seq: lastSeq }) => lastSeq));
      const whole = copies.filter(({ state, seq }) => serving.has(state) && seq >= last);
      return whole.length >= replicas + 1 && copies.some(({ primary }) => primary);
    }),
  );
}
