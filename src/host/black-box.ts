/**
 * What a worker thread writes into memory that its leaf's main thread sees, and can read when the thread hangs or is
 * gone: that it lives, which copy's code it runs, and whose requests it works on. All numbers are of 32 bits.
 *
 * | word | value |
 * | --- | --- |
 * | 0 | beats of its event loop, counted |
 * | 1 | number of the copy whose actor's code runs; 0 for none |
 * | 2 | kind of that work, by its place in `WORK_KINDS` |
 * | 3, 4 | sequence of the log record that is applied, low and high half |
 * | 5 | place of the operation in it |
 * | 6 | ticket of the request that is worked on, -1 for none |
 *
 * From byte 64 on there are 1,024 places of 192 bytes for requests: the length of the reply subject, 0 if the place is
 * free, then its characters. A request whose reply subject is longer, or for which no place is left, is not written down.
 */
import { NO_TICKET, type RequestLedger } from '../bus/request-ledger.ts';
import { WORK_KINDS, type WorkDetail, type WorkKind, type WorkMarks } from '../cluster/work-marks.ts';
import type { Clock } from '../env.ts';

const HEADER_BYTES = 64;
const PLACES = 1_024;
const PLACE_BYTES = 192;
const LONGEST_REPLY = PLACE_BYTES - 4;
const BOX_BYTES = HEADER_BYTES + PLACES * PLACE_BYTES;
const BEATS = 0;
const COPY = 1;
const KIND = 2;
const SEQ_LOW = 3;
const SEQ_HIGH = 4;
const PLACE = 5;
const TICKET = 6;
/** What is answered may still wait for its way to the socket: its place is kept a little longer. */
const KEEP_MS = 2;

/** What a thread was doing. */
export type MarkedWork = {
  /** Number of the copy within the thread, from 1. */
  readonly copy: number;
  readonly kind: WorkKind;
  readonly seq: number;
  readonly place: number;
  readonly ticket: number;
};

/** A request that was not answered. */
export type OpenRequest = { readonly ticket: number; readonly reply: string };

/** Memory for one thread. */
export function createBlackBox(): SharedArrayBuffer {
  return new SharedArrayBuffer(BOX_BYTES);
}

/** The side of the thread that is watched. */
export class BlackBoxWriter implements RequestLedger {
  readonly #words: Int32Array;
  readonly #characters: Buffer;
  readonly #clock: Clock;
  readonly #free = Array.from({ length: PLACES }, (_, at) => PLACES - 1 - at);
  #ended: number[] = [];

  constructor(box: SharedArrayBuffer, clock: Clock) {
    this.#words = new Int32Array(box);
    this.#characters = Buffer.from(box);
    this.#clock = clock;
  }

  /** Tells that the event loop turns. */
  beat(): void {
    Atomics.add(this.#words, BEATS, 1);
  }

  /** Marks of the copy with a number. */
  marksOf(copy: number): WorkMarks {
    return {
      begin: (kind, detail = {}) => this.#mark(copy, kind, detail),
      end: () => {
        this.#words[COPY] = 0;
      },
    };
  }

  begin(reply: string): number {
    if (reply.length > LONGEST_REPLY) return NO_TICKET;
    const ticket = this.#free.pop();
    if (ticket === undefined) return NO_TICKET;
    const at = placeOf(ticket);
    this.#characters.write(reply, at + 4, 'latin1');
    this.#words[at / 4] = reply.length;
    return ticket;
  }

  end(ticket: number): void {
    if (ticket === NO_TICKET) return;
    if (this.#ended.push(ticket) > 1) return;
    this.#clock.after(KEEP_MS, () => {
      const ended = this.#ended;
      this.#ended = [];
      for (const each of ended) this.#words[placeOf(each) / 4] = 0;
      this.#free.push(...ended);
    });
  }

  #mark(copy: number, kind: WorkKind, { seq = 0, place = 0, ticket = NO_TICKET }: WorkDetail): void {
    const words = this.#words;
    words[KIND] = WORK_KINDS.indexOf(kind);
    words[SEQ_LOW] = seq | 0;
    words[SEQ_HIGH] = Math.floor(seq / 2 ** 32);
    words[PLACE] = place;
    words[TICKET] = ticket;
    words[COPY] = copy;
  }
}

/** The side of the thread that watches. */
export class BlackBoxReader {
  readonly #words: Int32Array;
  readonly #characters: Buffer;

  constructor(box: SharedArrayBuffer) {
    this.#words = new Int32Array(box);
    this.#characters = Buffer.from(box);
  }

  /** Beats so far. */
  get beats(): number {
    return Atomics.load(this.#words, BEATS);
  }

  /** Whose code runs, or ran when the thread ended; undefined if no actor's. */
  work(): MarkedWork | undefined {
    const word = (at: number): number => this.#words[at] ?? 0;
    const kind = WORK_KINDS[word(KIND)];
    const copy = word(COPY);
    if (copy === 0 || kind === undefined) return undefined;
    const seq = word(SEQ_HIGH) * 2 ** 32 + (word(SEQ_LOW) >>> 0);
    return { copy, kind, seq, place: word(PLACE), ticket: word(TICKET) };
  }

  /** Requests that were taken and not answered. */
  openRequests(): readonly OpenRequest[] {
    const found: OpenRequest[] = [];
    for (let ticket = 0; ticket < PLACES; ticket++) {
      const at = placeOf(ticket);
      const length = this.#words[at / 4] ?? 0;
      if (length > 0 && length <= LONGEST_REPLY)
        found.push({ ticket, reply: this.#characters.toString('latin1', at + 4, at + 4 + length) });
    }
    return found;
  }
}

function placeOf(ticket: number): number {
  return HEADER_BYTES + ticket * PLACE_BYTES;
}
