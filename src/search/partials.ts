/** What shards are asked, and what they answer: the bodies between root and shard, before anything is merged. */
import * as v from 'valibot';
import type { AggregationPartials } from '../engine/aggregate/aggregation.ts';
import type { Explanation, QueryStatistics, SearchProfile } from '../engine/index.ts';
import type { FieldValue } from '../engine/query/query.ts';
import { CoppiceError } from '../errors.ts';
import { checkId, checkSource, type Source } from './document.ts';
import { isQueryNode } from './query-node-checks.ts';
import type { HighlightField } from './request/highlight-request.ts';
import type { QueryNode } from './request/query-node.ts';
import type { SearchRequest } from './request/search-request.ts';
import type { WriteCommand } from './request/write-request.ts';
import { isPlainObject } from './shape.ts';
import { isHighlight, isSearchRequest, isSourceFilter, isStatistics } from './shard-body-checks.ts';
import type { SourceFilter } from './source-filter.ts';
import { isStrings } from './value-checks.ts';

const id = v.pipe(v.string(), v.minLength(1));
const query = v.custom<QueryNode>(isQueryNode, 'expected a query as shards take it');
const source = v.custom<SourceFilter>(isSourceFilter, 'expected a source filter');
const document = v.custom<Source>(isPlainObject, 'expected an object');

const statistics = v.exactOptional(v.custom<QueryStatistics>(isStatistics, 'expected statistics'));
/** What `now` stands for in dates of the query, in milliseconds since 1970. */
const nowMs = v.exactOptional(v.number());
const flag = v.exactOptional(v.boolean());

const ShardSearchBody = v.object({
  request: v.custom<SearchRequest>(isSearchRequest, 'expected a search as shards take it'),
  statistics,
  /** Whether the hits come with their sources, in one round. */
  sources: v.boolean(),
});
const ShardQueryBody = v.object({ query, nowMs });
const ShardFetchBody = v.object({
  ids: v.custom<readonly string[]>(isStrings, 'expected a list of ids'),
  source,
  query,
  nowMs,
  highlight: v.exactOptional(v.custom<readonly HighlightField[]>(isHighlight, 'expected a list of fields')),
  /** What hits show beside their sources. */
  explain: flag,
  showsVersion: flag,
  showsSeqNo: flag,
  /** Statistics by which the hits were scored, for explanations. */
  statistics,
});
const ShardExplainBody = v.object({ id, routing: v.string(), query, nowMs, statistics });
const ShardGetBody = v.object({ id, routing: v.string(), source });
const ShardMultiGetBody = v.object({ items: v.array(v.object({ id, source })) });
const WriteBody = v.object({
  op: v.picklist(['index', 'create', 'update', 'delete']),
  id,
  routing: v.string(),
  doc: v.exactOptional(document),
  upsert: v.exactOptional(document),
  docAsUpsert: v.exactOptional(v.boolean()),
  detectNoop: v.exactOptional(v.boolean()),
  ifSeqNo: v.exactOptional(v.number()),
  ifPrimaryTerm: v.exactOptional(v.number()),
  external: v.exactOptional(
    v.object({ version: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), orEqual: v.boolean() }),
  ),
});

/** One shard's share of a search. */
export type ShardSearch = v.InferOutput<typeof ShardSearchBody>;
/** A query of which a shard tells the statistics or the count. */
export type ShardQuery = v.InferOutput<typeof ShardQueryBody>;
/** Hits whose sources and highlights are wanted. */
export type ShardFetch = v.InferOutput<typeof ShardFetchBody>;
/** A document whose score is to be explained. */
export type ShardExplain = v.InferOutput<typeof ShardExplainBody>;
/** One document wanted. */
export type ShardGet = v.InferOutput<typeof ShardGetBody>;
/** Documents wanted of one shard. */
export type ShardMultiGet = v.InferOutput<typeof ShardMultiGetBody>;

/** Fragments by field. */
export type Highlights = Readonly<Record<string, readonly string[]>>;

/** What a hit shows, each part where the request wants it. */
export type FetchedHit = {
  readonly source?: unknown;
  readonly highlight?: Highlights;
  readonly explanation?: Explanation;
  readonly version?: number;
  readonly seqNo?: number;
  readonly primaryTerm?: number;
};

/** One shard's best hits, best first, as columns (`columns.ts`). */
export type ShardHits = {
  readonly total: number;
  /** Whether there may be more than `total`. */
  readonly isLowerBound?: boolean;
  /** Whether time ran out: the hits are the best of those looked at. */
  readonly timedOut?: boolean;
  /** Null without hits. */
  readonly maxScore: number | null;
  readonly ids: readonly string[];
  readonly scores: Uint8Array;
  readonly positions: Uint8Array;
  readonly sortValues?: readonly (readonly (FieldValue | null)[])[];
  /** Names of the queries that each hit matches. */
  readonly matchedQueries?: readonly (readonly string[])[];
  readonly profile?: SearchProfile;
  readonly fetched?: readonly FetchedHit[];
  readonly aggregations?: AggregationPartials;
};

/** Sources of hits, in the order asked; null for a document that is gone. */
export type ShardFetched = { readonly hits: readonly (FetchedHit | null)[] };

/** A count of one shard. */
export type ShardCount = { readonly count: number };

/** How a document scores; `matched` is whether the query finds it. */
export type ShardExplanation = {
  readonly found: boolean;
  readonly matched: boolean;
  readonly explanation?: Explanation;
};

/** A stored document, as `get` and `mget` find it. */
export type FoundDocument = {
  readonly _id: string;
  readonly found: boolean;
  readonly _version?: number;
  readonly _seq_no?: number;
  readonly _primary_term?: number;
  readonly _source?: unknown;
};

/** A shard described. `fields` are those of its mappings, by type. */
export type ShardInfo = {
  readonly docCount: number;
  readonly sizeBytes: number;
  readonly schema: Readonly<Record<string, string>>;
};

export const parseShardSearch = parserOf(ShardSearchBody);
export const parseShardQuery = parserOf(ShardQueryBody);
export const parseShardFetch = parserOf(ShardFetchBody);
export const parseShardExplain = parserOf(ShardExplainBody);
export const parseShardGet = parserOf(ShardGetBody);
export const parseShardMultiGet = parserOf(ShardMultiGetBody);
const parseWriteBody = parserOf(WriteBody);

/** Checks id and documents in full: what comes by `call` has not passed through a body of the search API. */
export function parseWriteCommand(body: unknown): WriteCommand {
  const command = parseWriteBody(body);
  checkId(command.id);
  for (const source of [command.doc, command.upsert]) if (source !== undefined) checkSource(source);
  return command;
}

function parserOf<Schema extends v.GenericSchema>(schema: Schema): (body: unknown) => v.InferOutput<Schema> {
  return (body) => {
    const result = v.safeParse(schema, body);
    if (result.success) return result.output;
    const issues = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`);
    throw new CoppiceError('BAD_REQUEST', issues.join('; '), { details: { issues } });
  };
}
