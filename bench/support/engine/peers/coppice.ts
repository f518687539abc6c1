/** The engine itself as a peer. */
import { performance } from 'node:perf_hooks';
import { CoppiceShard } from '../coppice-shard.ts';
import type { AnswerReport, CorpusDocument, IndexCommand, IndexState, Mode, OpenReport, Task } from '../protocol.ts';
import { type PeerEngine, servePeer } from '../serve-peer.ts';

class CoppicePeer implements PeerEngine {
  readonly hello = { peer: 'coppice', version: 'this tree', access: `Node ${process.versions.node}` };
  readonly #shard = new CoppiceShard();

  begin({ folder }: IndexCommand): void {
    this.#shard.begin(folder);
  }

  add(documents: readonly CorpusDocument[], lines: readonly string[]): void {
    for (const [i, document] of documents.entries()) this.#shard.put(document, lines[i]);
  }

  commit(): void {
    this.#shard.commit();
  }

  merge(): void {
    this.#shard.merge();
  }

  deleteEvery(every: number): void {
    this.#shard.deleteEvery(every);
  }

  open(folder: string): OpenReport {
    const startMs = performance.now();
    this.#shard.open(folder);
    const wallMs = performance.now() - startMs;
    this.#shard.run({ class: 'first', kind: 'all', text: '' }, 'top10');
    return { ...this.state(), wallMs, firstMs: performance.now() - startMs };
  }

  release(): void {
    this.#shard.close();
  }

  state(): IndexState {
    return this.#shard.state();
  }

  sharedBytes(): number {
    return this.#shard.sharedBytes();
  }

  run(task: Task, mode: Mode): number {
    return this.#shard.run(task, mode);
  }

  answers(tasks: readonly Task[], limit: number): AnswerReport {
    return this.#shard.answers(tasks, limit);
  }
}

await servePeer(new CoppicePeer());
