/**
 * One search over the parts of a shard. For each part it takes the quickest way: the kernel for whole queries that it
 * knows, the kernel for a bitmap of the matches where hits are sorted or aggregated, else the reference evaluator. What
 * the best hits so far score is the least that a hit of the next part must beat.
 */
import { type HitCollector, isScoreOrder, ScoreCollector, SortCollector } from '../collect/hit-collector.ts';
import { Total } from '../collect/total.ts';
import type { WindowSink } from '../collect/window-sink.ts';
import type { EngineSearch, SearchProfile } from '../engine.ts';
import type { IndexPart } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { describeNode } from './describe-node.ts';
import { type FirstPlan, MAX_FIRST, planOfSet, planOfShape } from './first-documents.ts';
import { disMaxShapes, searchDisMax } from './kernel-dis-max.ts';
import { MAX_PLAN_TERMS, type PlanShape, planCost, planShape } from './kernel-plans.ts';
import { countKept, countLive } from './live-counts.ts';
import type { Matcher } from './matcher.ts';
import type { PartBitmaps } from './part-bitmaps.ts';
import { PartMatchers } from './part-matchers.ts';
import type { QueryNode } from './query-node.ts';
import { scanPart } from './scan-part.ts';
import { scoreBound } from './score-bound.ts';
import { searchSorted, searchSortedBits } from './search-sorted.ts';
import { localDocFrequencyIn } from './search-terms.ts';
import { BitmapMatcher, ConstantMatcher } from './set-matchers.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** What a search runs on. */
export type RunOptions = {
  readonly view: ShardView;
  readonly request: EngineSearch;
  /** Hits to keep: no more than there are documents. */
  readonly limit: number;
  readonly node: QueryNode;
  readonly isScoring: boolean;
  readonly postFilter: QueryNode | undefined;
  readonly sink: WindowSink | undefined;
  readonly bitmaps: PartBitmaps;
  readonly buffers: WindowBuffers;
};

/** A part, its index in the view, and the ordinal in the shard of its ordinal 0. */
type PlacedPart = { readonly part: IndexPart; readonly index: number; readonly base: number };
/** Bits of what matches in a part; `isKept`: they are those of a filter that is kept, and do not change. */
type Matches = { readonly words: Uint32Array; readonly isKept: boolean };
type PartProfile = SearchProfile['parts'][number];

/** With fewer documents to look at than this share of a part, filters that are not kept are tested one by one. */
const CHEAP_SHARE = 1 / 64;

/** Runs a search once. */
export class SearchRun {
  readonly total: Total;
  readonly profile: PartProfile[] = [];
  maxScore = Number.NEGATIVE_INFINITY;
  timedOut = false;
  readonly collector: HitCollector;
  readonly #options: RunOptions;
  readonly #scores: ScoreCollector | undefined;
  readonly #sorted: SortCollector | undefined;
  readonly #bound: number;

  constructor(options: RunOptions) {
    const { view, request, node, limit } = options;
    const { sort, searchAfter } = request;
    this.#options = options;
    this.#bound = scoreBound(node);
    this.total = new Total(request.trackTotal ?? true);
    if (sort === undefined || (isScoreOrder(sort) && searchAfter === undefined)) {
      this.#scores = new ScoreCollector(limit, ceilingOf(searchAfter));
      this.collector = this.#scores;
    } else {
      this.#sorted = new SortCollector({ keys: sort, limit, after: searchAfter }, view);
      this.collector = this.#sorted;
    }
  }

  run(): void {
    const { view, request } = this.#options;
    let base = 0;
    for (let index = 0; index < view.parts.length; index++) {
      const part = view.parts[index]!;
      if (this.timedOut || (index > 0 && request.shouldStop?.() === true)) {
        this.timedOut = true;
        return;
      }
      if (part.liveCount > 0) this.#runPart(part, index, base);
      base += part.endOrdinal;
    }
  }

  #runPart(part: IndexPart, index: number, base: number): void {
    const { view, request, node, sink } = this.#options;
    const isProfiled = request.profile === true;
    const startMs = isProfiled ? (view.nowMs?.() ?? 0) : 0;
    const before = this.total.count;
    sink?.startPart(part, base);
    this.collector.startPart(part, base, this.#bound);
    const evaluator = this.#evaluate(part, index, base);
    this.collector.finishPart();
    if (!isProfiled) return;
    this.profile.push({
      part: part.name,
      docCount: part.liveCount,
      evaluator,
      query: describeNode(node),
      matched: this.total.count - before,
      timeMs: (view.nowMs?.() ?? 0) - startMs,
    });
  }

  #evaluate(part: IndexPart, index: number, base: number): string {
    const { view, node, sink } = this.#options;
    if (view.kernel === undefined || part.kernelPart === undefined) return this.#scan(part, index);
    if (!this.total.isCounting && sink === undefined && this.collector.isDone) {
      this.total.skip();
      return 'none';
    }
    const set = this.#isShort ? planOfSet(node, part, index) : undefined;
    if (set !== undefined) return this.#takeFirst(set, base);
    const shape = planShape(node, part, index);
    if (shape === 'none') return 'kernel';
    if (shape === undefined) return this.#disMax(part, index, base) ? 'kernel' : this.#scanKept({ part, index, base });
    if (this.#isBetterScanned(shape, part, index)) return this.#scan(part, index);
    if (!this.#options.isScoring || shape.constantScore !== undefined)
      return this.#findUnscored(shape, { part, index, base });
    if (!this.#isPlain) return this.#scan(part, index);
    return this.#kernelHits(shape, index, base) ? 'kernel' : this.#scan(part, index);
  }

  /** Whether the best hits by score are all that is asked for, besides a count. */
  get #isPlain(): boolean {
    const { minScore, searchAfter } = this.#options.request;
    return (
      this.#scores !== undefined &&
      this.#options.sink === undefined &&
      minScore === undefined &&
      searchAfter === undefined
    );
  }

  /** Searches the clauses of a `disMax` one by one; false if the query is none, or they cannot be. */
  #disMax(part: IndexPart, index: number, base: number): boolean {
    const { view, node, bitmaps, limit, isScoring } = this.#options;
    if (!this.#isPlain || !isScoring || limit === 0) return false;
    const shapes = disMaxShapes(node, part, index);
    if (shapes === undefined) return false;
    const marked = this.total.isCounting ? bitmaps.empty(index) : undefined;
    if (this.total.isCounting) {
      if (marked === undefined) return false;
      for (const shape of shapes) if (!bitmaps.mark(shape, index, marked)) return false;
    }
    const { top } = this.#scores!;
    if (!searchDisMax(shapes, { kernel: view.kernel!, bitmaps, index }, { top, limit, base })) return false;
    if (marked === undefined) this.total.skip();
    else this.total.add(countLive(marked.words, part));
    return true;
  }

  /** Where all matches score alike: counts them, lets the first ones be found, or marks them to be looked at. */
  #findUnscored(shape: PlanShape, { part, index, base }: PlacedPart): string {
    const { request, limit, sink } = this.#options;
    const { total } = this;
    const isSmall = shape.terms.length <= MAX_PLAN_TERMS;
    if (limit === 0 && sink === undefined && request.minScore === undefined && isSmall) {
      const plan = this.#options.bitmaps.plan(shape, index);
      if (plan === undefined) return this.#scan(part, index);
      if (total.isCounting) total.add(knownTotal(this.#options.node, index) ?? this.#options.view.kernel!.count(plan));
      else total.skip();
      return 'kernel';
    }
    if (isSmall && this.#isPlainlySorted && this.#searchSorted(shape, { part, index, base })) return 'kernel';
    const isShort = !total.isCounting && sink === undefined && this.#scores !== undefined;
    const first =
      isShort && this.#isShort
        ? planOfShape(shape, { bitmaps: this.#options.bitmaps, index, endOrdinal: part.endOrdinal })
        : undefined;
    if (first !== undefined) return this.#takeFirst(first, base);
    return isShort && isSmall ? this.#scan(part, index) : this.#scanMarked(shape, { part, index, base });
  }

  /** Whether a few of the matches are all that is asked for. */
  get #isShort(): boolean {
    return this.#isPlain && !this.total.isCounting && this.#options.request.limit <= MAX_FIRST;
  }

  /** Lets the kernel find the first matches of a part. */
  #takeFirst({ plan, score }: FirstPlan, base: number): string {
    const { top } = this.#scores!;
    const wanted = this.#options.request.limit - top.size;
    if (wanted <= 0) {
      this.total.skip();
      return 'none';
    }
    const ordinals = this.#options.view.kernel!.first(plan, wanted);
    top.addPart({ count: ordinals.length, ordinals, scores: new Float32Array(ordinals.length).fill(score) }, base);
    if (ordinals.length === wanted) this.total.skip();
    this.total.add(ordinals.length);
    return 'kernel';
  }

  /** Whether hits are sorted without scores, and nothing else looks at the matches. */
  get #isPlainlySorted(): boolean {
    const { sink, request, postFilter, isScoring } = this.#options;
    const isAlone = sink === undefined && request.minScore === undefined && postFilter === undefined;
    return this.#sorted !== undefined && isAlone && !isScoring;
  }

  /** Takes the hits of a part in their order, and counts. False if it has to be searched in another way. */
  #searchSorted(shape: PlanShape, { part, index, base }: PlacedPart): boolean {
    const { bitmaps, limit, node, view } = this.#options;
    const { isCounting } = this.total;
    const plan = bitmaps.plan(shape, index);
    if (plan === undefined) return false;
    const known = isCounting ? knownTotal(node, index) : undefined;
    const found = searchSorted(
      { collector: this.#sorted!, part, index, base, limit },
      { kernel: view.kernel!, plan, bitmaps, isCounting, known },
    );
    if (found === undefined) return false;
    this.total.add(found.count);
    if (found.isLowerBound) this.total.skip();
    return true;
  }

  /** Whether making bitmaps of the filters would take longer than all the rest. */
  #isBetterScanned(shape: PlanShape, part: IndexPart, index: number): boolean {
    if (shape.filter.length + shape.mustNot.length === 0) return false;
    if (planCost(shape) > part.endOrdinal * CHEAP_SHARE) return false;
    const { bitmaps } = this.#options;
    return !bitmaps.areKept(shape, index) && !bitmaps.noteUses(shape, index);
  }

  /** Lets the kernel find and count the hits of a part. False if there is no room for the filters. */
  #kernelHits(shape: PlanShape, index: number, base: number): boolean {
    const { view, bitmaps, node, limit } = this.#options;
    const plan = bitmaps.plan(shape, index);
    if (plan === undefined) return false;
    const { total } = this;
    const { top } = this.#scores!;
    const known = total.isCounting ? knownTotal(node, index) : undefined;
    const countLimit = known === undefined && total.isCounting ? total.missing : 0;
    const hits = view.kernel!.search(plan, { limit, floor: top.floor, countLimit });
    top.addPart(hits, base);
    total.add(known ?? hits.total);
    if (known === undefined && hits.isLowerBound) total.skip();
    return true;
  }

  /** Lets the kernel mark the matches of a part, and scans those. */
  #scanMarked(shape: PlanShape, { part, index, base }: PlacedPart): string {
    const { bitmaps } = this.#options;
    const marked = bitmaps.empty(index);
    if (marked === undefined || !bitmaps.mark(shape, index, marked)) return this.#scan(part, index);
    this.#scanBitmap({ words: marked.words, isKept: false }, shape.constantScore, { part, index, base });
    return 'kernel, then columns';
  }

  /** Scans the bitmap of a filter that is all of the query, if it is kept. */
  #scanKept({ part, index, base }: PlacedPart): string {
    const { node, bitmaps } = this.#options;
    const filter = node.kind === 'constant' ? node.child : node;
    const words = filter.kind === 'filter' ? bitmaps.known(filter, index) : undefined;
    if (words === undefined) return this.#scan(part, index);
    this.#scanBitmap({ words, isKept: true }, node.kind === 'constant' ? node.score : undefined, { part, index, base });
    return 'kept filter';
  }

  /** Matches whose bits are known are counted at once, so that only those that may be hits are looked at. */
  #scanBitmap({ words, isKept }: Matches, score: number | undefined, { part, index, base }: PlacedPart): void {
    const { buffers, sink, request, limit, postFilter, isScoring } = this.#options;
    const isCounted = this.total.isCounting && sink === undefined && request.minScore === undefined;
    const countIn = isKept ? countKept : countLive;
    const count = isCounted && postFilter === undefined ? countIn(words, part) : undefined;
    if (count !== undefined) this.total.add(count);
    if (this.#isPlainlySorted) {
      const place = { collector: this.#sorted!, part, index, base, limit };
      if (searchSortedBits(place, words, count ?? part.liveCount)) {
        if (count === undefined) this.total.skip();
        return;
      }
    }
    if (this.#isPlain && postFilter === undefined) {
      if (!isCounted) this.total.skip();
      const taken = this.#scores!.top.addAlike(words, part.live, { base, score: score ?? 0 });
      if (!isCounted) this.total.add(taken);
      return;
    }
    const marked = new BitmapMatcher(words, part.endOrdinal, buffers);
    const matcher = isScoring ? new ConstantMatcher(marked, score ?? 0, buffers) : marked;
    const total = count === undefined ? this.total : new Total(false);
    this.#scanWith(matcher, total, { part, index });
  }

  #scan(part: IndexPart, index: number): string {
    this.#scanWith(this.#matchers(part, index).make(this.#options.node), this.total, { part, index });
    return 'reference';
  }

  #matchers(part: IndexPart, index: number): PartMatchers {
    const { buffers, bitmaps } = this.#options;
    return new PartMatchers(part, index, { buffers, filters: (node, at) => bitmaps.known(node, at) });
  }

  #scanWith(
    matcher: Matcher,
    total: Total,
    { part, index }: { readonly part: IndexPart; readonly index: number },
  ): void {
    const { request, sink, postFilter, buffers, isScoring } = this.#options;
    const isEnd = scanPart(
      matcher,
      part,
      {
        collector: this.collector,
        total,
        sink,
        postFilter: postFilter === undefined ? undefined : this.#matchers(part, index).make(postFilter),
        minScore: request.minScore,
        shouldStop: request.shouldStop,
        scored: isScoring && this.#scores === undefined ? (score) => this.#see(score) : undefined,
      },
      buffers,
    );
    if (!isEnd) this.timedOut = true;
  }

  #see(score: number): void {
    if (score > this.maxScore) this.maxScore = score;
  }
}

/** Scores must be below that of the hit to begin after. */
function ceilingOf(searchAfter: EngineSearch['searchAfter']): number {
  const score = searchAfter?.[0];
  return score === undefined || score === null ? Number.POSITIVE_INFINITY : Number(score);
}

/** Matches in a part where the dictionary knows them: of a single term. */
function knownTotal(node: QueryNode, index: number): number | undefined {
  if (node.kind === 'constant' || node.kind === 'filter') return knownTotal(node.child, index);
  return node.kind === 'term' ? localDocFrequencyIn(node.term, index) : undefined;
}
