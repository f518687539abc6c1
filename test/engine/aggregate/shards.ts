/** Documents laid out at random over shards, parts and deletes, and aggregated there: what answers must not depend on. */
import type { AggregationPartials, Aggregations } from '../../../src/engine/aggregate/aggregation.ts';
import { createAggregators } from '../../../src/engine/aggregate/aggregators.ts';
import { type AggregationAnswers, finishAggregations } from '../../../src/engine/aggregate/finish.ts';
import { reduceAggregations } from '../../../src/engine/aggregate/reduce.ts';
import { createAnalyzers } from '../../../src/engine/analysis/analyzers.ts';
import type { FieldOptions, SearchLimits } from '../../../src/engine/engine.ts';
import { Head } from '../../../src/engine/head/head.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { type IndexPart, WINDOW } from '../../../src/engine/part/index-part.ts';
import type { ShardView } from '../../../src/engine/part/shard-view.ts';
import type { FieldValue } from '../../../src/engine/query/query.ts';
import { openSegment, type Segment } from '../../../src/engine/segment/segment.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import { flushHead } from '../../../src/engine/writer/flush-head.ts';
import type { Seeded } from '../../support/seeded.ts';

/** A document of a test. */
export type Doc = {
  readonly id: string;
  readonly position: number;
  readonly score: number;
  readonly isMatch: boolean;
  readonly fields: Readonly<Record<string, readonly FieldValue[]>>;
};

export const FIELDS: ReadonlyMap<string, FieldOptions> = new Map<string, FieldOptions>([
  ['tag', { type: 'keyword' }],
  ['kind', { type: 'keyword' }],
  ['n', { type: 'long' }],
  ['price', { type: 'double' }],
  ['when', { type: 'date' }],
  ['flag', { type: 'boolean' }],
  ['rare', { type: 'long' }],
  ['body', { type: 'text' }],
]);

const PARAMETERS = { k1: 1.2, b: 0.75 };
const analyzers = createAnalyzers();
const regions = createRegionPool();
const store = createMemoryStore();
let segmentCount = 0;

/** A shard's parts as a view. */
export function viewOf(parts: readonly IndexPart[]): ShardView {
  return { parts, fields: FIELDS, analyzers, parameters: PARAMETERS, kernel: undefined, regions, nowMs: undefined };
}

/** Lays documents out over `shardCount` shards, several parts each, with others that are deleted in between. */
export function layOut(docs: readonly Doc[], shardCount: number, random: Seeded): ShardView[] {
  const shards = Array.from({ length: shardCount }, (): Doc[] => []);
  for (const doc of docs) random.pick(shards).push(doc);
  return shards.map((own) => layOutShard(own, random));
}

function layOutShard(docs: readonly Doc[], random: Seeded): ShardView {
  const parts: (Head | Segment)[] = [];
  let head = new Head({ fields: FIELDS, analyzers });
  const finish = (): void => {
    if (head.endOrdinal > 0) parts.push(random.chance(0.5) ? flushed(head) : head);
    head = new Head({ fields: FIELDS, analyzers });
  };
  const mean = 1 + random.below(Math.max(1, docs.length));
  for (const doc of docs) {
    // A ghost has the fields of another document and is deleted at once or after the flush.
    if (random.chance(0.1)) put(head, { ...random.pick(docs), id: `ghost ${doc.id}`, position: doc.position - 0.5 });
    put(head, doc);
    if (random.chance(1 / mean)) finish();
    else if (random.chance(0.05)) bury(head);
  }
  finish();
  for (const part of parts) bury(part);
  return viewOf(parts);
}

function put(head: Head, { id, position, score, isMatch, fields }: Doc): void {
  const document = { id, source: { id, score, isMatch }, version: 1, seqNo: 0, primaryTerm: 1, position, fields };
  head.put(document, () => {});
}

function bury(part: Head | Segment): void {
  for (let ordinal = 0; ordinal < part.endOrdinal; ordinal++) {
    const isLive = ((part.live[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 1;
    if (isLive && part.documents.id(ordinal).startsWith('ghost')) part.delete(ordinal);
  }
}

/** Writes a head as a segment. */
export function flushed(head: Head): Segment {
  const name = `segment-${++segmentCount}`;
  const slices = flushHead(head, { store, name, parameters: PARAMETERS });
  while (slices.next().done !== true);
  return openSegment({ store, name, regions, number: segmentCount });
}

/** Aggregates over the documents of a shard that say they match. */
export function aggregateShard(
  aggregations: Aggregations,
  view: ShardView,
  limits?: SearchLimits,
): AggregationPartials {
  const aggregators = createAggregators(aggregations, view, limits);
  const { sink } = aggregators;
  let globalBase = 0;
  for (const part of view.parts) {
    sink.startPart(part, globalBase);
    for (let base = 0; base < part.endOrdinal; base += WINDOW) {
      const bits = new Uint32Array(WINDOW / 32);
      const scores = new Float32Array(sink.needsScores ? WINDOW : 0);
      for (let place = 0; place < WINDOW && base + place < part.endOrdinal; place++) {
        const ordinal = base + place;
        if (((part.live[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 0) continue;
        const { isMatch, score } = sourceOf(part.documents.source(ordinal));
        if (!isMatch) continue;
        bits[place >>> 5]! |= 1 << (place & 31);
        if (sink.needsScores) scores[place] = score;
      }
      if (bits.some((word) => word !== 0)) sink.window(base, bits, scores);
    }
    globalBase += part.endOrdinal;
  }
  return aggregators.partials();
}

/** Aggregates over shards, merges in a random order and grouping, sends everything through JSON, and answers. */
export function aggregate(aggregations: Aggregations, views: readonly ShardView[], random: Seeded): AggregationAnswers {
  let partials = views.map((view) => sent(aggregateShard(aggregations, view)));
  while (partials.length > 1) {
    const taken = 2 + random.below(partials.length - 1);
    for (let i = partials.length - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [partials[i], partials[other]] = [partials[other]!, partials[i]!];
    }
    partials = [sent(reduceAggregations(aggregations, partials.slice(0, taken))), ...partials.slice(taken)];
  }
  return plain(finishAggregations(aggregations, partials[0] ?? {}));
}

/** What is left of a value that went through JSON. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function sent(partials: AggregationPartials): AggregationPartials {
  return plain(partials);
}

function sourceOf(source: unknown): { isMatch: boolean; score: number } {
  return source as { isMatch: boolean; score: number };
}

const TAGS = ['red', 'green', 'blue', 'ash', 'oak', 'Ähre', 'zebra', '', 'a b', '\u{1f600}', '\ufb00', 'ünter'];
const EPOCH = Date.UTC(2019, 0, 1);

/** Random documents: fields with none, one or several values, some of them equal. */
export function randomDocs(count: number, random: Seeded): Doc[] {
  const some = <T>(make: () => T): T[] => random.list(random.pick([0, 1, 1, 1, 2, 3]), make);
  return random
    .list(count, () => 0)
    .map((_, position) => {
      const fields: Record<string, readonly FieldValue[]> = {
        tag: some(() => random.pick(TAGS)),
        kind: [random.pick(['a', 'a', 'a', 'b', 'c'])],
        n: some(() => random.below(40) - 10),
        price: some(() => random.pick([0.1, 0.2, 0.3, 1e-7, 1e10, 3.75, -2.5, random.next() * 1000])),
        when: some(() => EPOCH + random.below(800 * 86_400) * 1000),
        flag: some(() => random.chance(0.5)),
        rare: random.chance(0.05) ? [random.below(5)] : [],
      };
      for (const name of Object.keys(fields)) if (fields[name]!.length === 0) delete fields[name];
      const score = Math.fround(random.next() * 10);
      return { id: `d${position}`, position, score, isMatch: random.chance(0.7), fields };
    });
}
