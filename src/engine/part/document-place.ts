/** Where documents are among the parts of a shard. */
import type { StoredDocument } from '../engine.ts';
import type { IndexPart } from './index-part.ts';

/** A document: index of its part, and its ordinal there. */
export type DocumentPlace = { readonly part: number; readonly ordinal: number };

/** The place of a global ordinal: those of a part come after those of the parts before it. */
export function placeOfOrdinal(parts: readonly IndexPart[], ordinal: number): DocumentPlace {
  let rest = ordinal;
  for (let part = 0; part < parts.length; part++) {
    const { endOrdinal } = parts[part]!;
    if (rest < endOrdinal) return { part, ordinal: rest };
    rest -= endOrdinal;
  }
  throw new Error(`no document has ordinal ${ordinal}`);
}

/** The place of the live document with an id; the newest parts are asked first. */
export function placeOfId(parts: readonly IndexPart[], id: string): DocumentPlace | undefined {
  for (let part = parts.length - 1; part >= 0; part--) {
    const ordinal = parts[part]!.documents.find(id);
    if (ordinal >= 0) return { part, ordinal };
  }
  return undefined;
}

/** Reads a live document. */
export function documentAt(parts: readonly IndexPart[], { part, ordinal }: DocumentPlace): StoredDocument {
  const { documents, live, name } = parts[part]!;
  if (((live[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 0) {
    throw new Error(`the document of ordinal ${ordinal} of ${name} is deleted`);
  }
  return {
    id: documents.id(ordinal),
    source: documents.source(ordinal),
    version: documents.version(ordinal),
    seqNo: documents.seqNo(ordinal),
    primaryTerm: documents.primaryTerm(ordinal),
  };
}
