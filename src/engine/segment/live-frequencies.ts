/**
 * Live documents of terms. A term's count is brought up to date when it is asked for: either the deletes that came since
 * are looked for among its postings, or its postings among the live documents, whichever is less work.
 */
import { NO_MORE, WINDOW } from '../part/index-part.ts';
import type { BlockDecoder } from './block-decoder.ts';
import type { LiveDocuments } from './live-documents.ts';
import { SegmentPostings } from './segment-postings.ts';

/** Postings that can be read in the time of looking one document up, about (measured). */
const PROBE_COST = 40;
/** Terms of fewer documents are counted each time. */
const LEAST_CACHED = 16;
/** Terms that are remembered. */
const CACHED_TERMS = 1 << 16;

/** What is known of a term: of the first `counted` deletes of the segment, `dead` are of documents with it. */
type Known = { counted: number; dead: number };

const ORDINALS = new Uint32Array(WINDOW);
const FREQUENCIES = new Uint32Array(WINDOW);

/** Live document frequencies of one field. */
export class LiveFrequencies {
  readonly #decoder: BlockDecoder;
  readonly #live: LiveDocuments;
  readonly #known = new Map<number, Known>();

  constructor(decoder: BlockDecoder, live: LiveDocuments) {
    this.#decoder = decoder;
    this.#live = live;
  }

  /** Live documents with a term. */
  of(term: number): number {
    const docFrequency = this.#decoder.data.docFrequencies[term]!;
    const deletes = this.#live.deletedCount;
    if (deletes === 0) return docFrequency;
    if (docFrequency < LEAST_CACHED) return docFrequency - this.#scanBlock(term, docFrequency);
    const known = this.#entry(term);
    const pending = deletes - known.counted;
    if (pending === 0) return docFrequency - known.dead;
    known.dead = pending * PROBE_COST < docFrequency ? known.dead + this.#probe(term, known.counted) : this.#scan(term);
    known.counted = deletes;
    return docFrequency - known.dead;
  }

  #entry(term: number): Known {
    let known = this.#known.get(term);
    if (known !== undefined) return known;
    if (this.#known.size >= CACHED_TERMS) this.#known.clear();
    known = { counted: 0, dead: 0 };
    this.#known.set(term, known);
    return known;
  }

  /** Deleted documents among the postings of a term of one block. */
  #scanBlock(term: number, docFrequency: number): number {
    this.#decoder.ordinals(this.#decoder.data.firstBlocks[term]!, 0, 0, docFrequency, ORDINALS, 0);
    return this.#deadAmong(docFrequency);
  }

  /** Deleted documents among the first of `ORDINALS`. */
  #deadAmong(count: number): number {
    const words = this.#live.words;
    let dead = 0;
    for (let i = 0; i < count; i++) dead += (~words[ORDINALS[i]! >>> 5]! >>> (ORDINALS[i]! & 31)) & 1;
    return dead;
  }

  /** Deleted documents among all postings. */
  #scan(term: number): number {
    const cursor = new SegmentPostings(this.#decoder, term);
    let dead = 0;
    for (let at = cursor.seek(0); at !== NO_MORE; at = cursor.seek(0)) {
      const count = cursor.read(at - (at % WINDOW) + WINDOW, ORDINALS, FREQUENCIES);
      if (count === 0) break;
      dead += this.#deadAmong(count);
    }
    return dead;
  }

  /** Documents with the term among the deletes from `counted` on. */
  #probe(term: number, counted: number): number {
    let dead = 0;
    for (let i = counted; i < this.#live.deletedCount; i++) {
      const ordinal = this.#live.deleted(i);
      if (new SegmentPostings(this.#decoder, term).seek(ordinal) === ordinal) dead++;
    }
    return dead;
  }
}
