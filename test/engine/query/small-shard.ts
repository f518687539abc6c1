/** A shard of a few documents for tests of single features. */
import type { EngineDocument, Schema } from '../../../src/engine/engine.ts';
import type { SearchKernel } from '../../../src/engine/kernel/plan.ts';
import type { FieldValue } from '../../../src/engine/query/query.ts';
import { PartsShard } from '../parts-shard.ts';

/** A document whose position is a number; its id is that number. */
export function documentOf(position: number, fields: Readonly<Record<string, FieldValue>>): EngineDocument {
  const lists = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [value]]));
  return { id: String(position), source: null, fields: lists, version: 1, seqNo: position, primaryTerm: 1, position };
}

/** A shard with these documents, in the head, or in a segment if `isFlushed`. */
export function smallShard(
  schema: Schema,
  documents: readonly Readonly<Record<string, FieldValue>>[],
  { isFlushed = false, kernel }: { readonly isFlushed?: boolean; readonly kernel?: SearchKernel } = {},
): PartsShard {
  const shard = new PartsShard(schema, kernel);
  for (const [position, fields] of documents.entries()) shard.put(documentOf(position, fields));
  if (isFlushed) shard.flush();
  return shard;
}
