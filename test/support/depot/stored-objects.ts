/** A bucket of objects seen, and damaged, behind the depot's back. */

import type { NatsBus } from '../../../src/bus/nats/nats-bus.ts';
import { ObjectBucket } from '../../../src/bus/nats/object-bucket.ts';
import { nameInSubject } from '../../../src/bus/nats/object-layout.ts';

/** A bucket by name. */
export class StoredObjects {
  readonly #bus: NatsBus;
  readonly #bucket: ObjectBucket;
  readonly #name: string;

  constructor(bus: NatsBus, bucket: string) {
    this.#bus = bus;
    this.#bucket = new ObjectBucket(bus.api, bucket);
    this.#name = bucket;
  }

  /** Changes a byte in the middle of the object's bytes; the chunks keep their sizes and their order. */
  async flipByte(name: string): Promise<void> {
    const { subject, chunks } = await this.#chunksOf(name);
    await this.#bucket.purgeChunks(subject.slice(subject.lastIndexOf('.') + 1), {});
    for (const [place, { data }] of chunks.entries()) {
      const middle = Math.floor(data.length / 2);
      if (place === Math.floor(chunks.length / 2)) data[middle] = (data[middle] ?? 0) ^ 1;
      await this.#bus.nats.jetstream().publish(subject, data);
    }
  }

  /** Removes a chunk from the middle. */
  async dropChunk(name: string): Promise<void> {
    const { chunks } = await this.#chunksOf(name);
    const chunk = chunks[Math.floor(chunks.length / 2)];
    await this.#bucket.stream.ask(`STREAM.MSG.DELETE.${this.#bucket.stream.name}`, { seq: chunk?.seq });
  }

  /** How many uploads have chunks, but no object. */
  async countUnfinished(): Promise<number> {
    const [uploads, objects] = [new Set<string>(), new Set<string>()];
    for (const subject of await this.#subjects()) {
      const parts = subject.split('.');
      if (parts[2] === 'C') uploads.add(parts[3] ?? '');
      else objects.add((await this.#bucket.find(nameInSubject(subject)))?.upload ?? '');
    }
    return [...uploads].filter((upload) => !objects.has(upload)).length;
  }

  async #subjects(): Promise<readonly string[]> {
    const jsm = await this.#bus.nats.jetstreamManager();
    const { state } = await jsm.streams.info(this.#bucket.stream.name, { subjects_filter: `$O.${this.#name}.>` });
    return Object.keys(state.subjects ?? {});
  }

  async #chunksOf(name: string): Promise<{ subject: string; chunks: { seq: number; data: Uint8Array }[] }> {
    const meta = await this.#bucket.find(name);
    if (meta === undefined) throw new Error(`no object ${name}`);
    const subject = this.#bucket.chunkSubject(meta.upload);
    const chunks: { seq: number; data: Uint8Array }[] = [];
    for (let seq = 1; ; ) {
      const message = await this.#bucket.stream.read({ seq, next_by_subj: subject });
      if (message === undefined) return { subject, chunks };
      chunks.push({ seq: message.seq, data: message.data });
      seq = message.seq + 1;
    }
  }
}
