/**
 * Offsets of time zones, fast enough to ask for every value: spans of constant offset are found once, with luxon, and
 * kept. Names are those of the IANA database, `UTC`, `Z`, or an offset such as `+02:00`.
 */
import { IANAZone } from 'luxon';
import { CoppiceError } from '../../errors.ts';
import { DAY_MS, MS } from './civil-date.ts';

/** Milliseconds between two looks for a change of offset. Two changes within it would be missed; none are known. */
const STEP_MS = 4 * DAY_MS;
/** Spans are looked for in pieces of the time line of about this length. */
const PIECE_MS = 128 * STEP_MS;
/** Pieces before and after 1970 that are found fastest. */
const NEAR_PIECES = 200;
const KEPT_ZONES = 64;
/** Farthest moment from 1970 that a date holds in any zone. */
const MAX_TIME_MS = 8.64e15 - DAY_MS;

/** Names of the database. */
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;

const zones = new Map<string, TimeZone>();

/** Starts of spans of constant offset, the first at the start of their piece, and the offsets. */
type Spans = { readonly starts: readonly number[]; readonly offsets: readonly number[] };

/** A time zone. */
export class TimeZone {
  readonly name: string;
  /** The offset if it never changes, else undefined. */
  readonly fixedOffsetMs: number | undefined;
  readonly #zone: IANAZone | undefined;
  /** Spans by piece of the time line. */
  readonly #pieces = new Map<number, Spans>();
  /** The same for the centuries around 1970, where most dates are. */
  readonly #near: (Spans | undefined)[];
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #offsetMs = 0;

  private constructor(name: string, fixedOffsetMs: number | undefined, zone: IANAZone | undefined) {
    this.name = name;
    this.fixedOffsetMs = fixedOffsetMs;
    this.#zone = zone;
    this.#near = zone === undefined ? [] : Array.from({ length: 2 * NEAR_PIECES }, () => undefined);
  }

  /**
   * The zone of a name.
   *
   * @throws CoppiceError `BAD_REQUEST` if there is none.
   */
  static of(name: string): TimeZone {
    const zone = TimeZone.find(name);
    if (zone !== undefined) return zone;
    throw new CoppiceError('BAD_REQUEST', `unknown time zone [${name.slice(0, 64)}]`, { details: { timeZone: name } });
  }

  /** The zone of a name; undefined if there is none. */
  static find(name: string): TimeZone | undefined {
    const offsetMs = fixedOffset(name);
    if (offsetMs !== undefined) return new TimeZone(name, offsetMs, undefined);
    const known = zones.get(name);
    if (known !== undefined) return known;
    if (!NAME.test(name) || !IANAZone.isValidZone(name)) return undefined;
    const zone = new TimeZone(name, undefined, IANAZone.create(name));
    const oldest = zones.keys().next();
    if (zones.size >= KEPT_ZONES && oldest.done !== true) zones.delete(oldest.value);
    zones.set(name, zone);
    return zone;
  }

  /** Milliseconds that local time is ahead of UTC at a moment. */
  offsetAt(timeMs: number): number {
    if (this.fixedOffsetMs !== undefined) return this.fixedOffsetMs;
    if (timeMs < this.#from || timeMs >= this.#to) this.#enter(timeMs);
    return this.#offsetMs;
  }

  /** Takes over the span around a moment: neighbours are likely to ask for it next. */
  #enter(timeMs: number): void {
    // Beyond what a date holds, offsets stay as they are at its ends: no more pieces than that are kept.
    const piece = Math.floor(Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timeMs)) / PIECE_MS);
    const { starts, offsets } = this.#spansOf(piece);
    let span = starts.length - 1;
    while (span > 0 && timeMs < starts[span]!) span--;
    this.#from = starts[span]!;
    this.#to = starts[span + 1] ?? (piece + 1) * PIECE_MS;
    this.#offsetMs = offsets[span]!;
  }

  #spansOf(piece: number): Spans {
    const near = piece + NEAR_PIECES;
    const isNear = near >= 0 && near < 2 * NEAR_PIECES;
    const known = isNear ? this.#near[near] : this.#pieces.get(piece);
    if (known !== undefined) return known;
    const spans = this.#findSpans(piece * PIECE_MS);
    if (isNear) this.#near[near] = spans;
    else this.#pieces.set(piece, spans);
    return spans;
  }

  #findSpans(from: number): Spans {
    const starts = [from];
    let offset = this.#lookUp(from);
    const offsets = [offset];
    for (let at = from; at < from + PIECE_MS; at += STEP_MS) {
      const next = this.#lookUp(at + STEP_MS);
      if (next === offset) continue;
      const change = this.#changeBetween(at, at + STEP_MS, offset);
      if (change < from + PIECE_MS) {
        starts.push(change);
        offsets.push(next);
      }
      offset = next;
    }
    return { starts, offsets };
  }

  /** The first whole second whose offset is another. */
  #changeBetween(from: number, to: number, offset: number): number {
    let [low, high] = [from / 1000, to / 1000];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#lookUp(middle * 1000) === offset) low = middle;
      else high = middle;
    }
    return high * 1000;
  }

  #lookUp(timeMs: number): number {
    const clamped = Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timeMs));
    return Math.round((this.#zone?.offset(clamped) ?? 0) * 60_000);
  }
}

/** The zone of dates that name none. */
export const UTC = TimeZone.of('UTC');

/** The moment at which clocks of a zone show a local time; of two, the earlier one; in a gap, as before the jump. */
export function utcOfLocal(zone: TimeZone, localMs: number): number {
  const before = zone.offsetAt(localMs - DAY_MS);
  const after = zone.offsetAt(localMs + DAY_MS);
  if (zone.offsetAt(localMs - before) === before) return localMs - before;
  return zone.offsetAt(localMs - after) === after ? localMs - after : localMs - before;
}

function fixedOffset(name: string): number | undefined {
  if (/^(?:utc|gmt|z|etc\/utc)$/i.test(name)) return 0;
  const parts = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$/.exec(name);
  if (parts === null) return undefined;
  const hours = Number(parts[2]);
  const minutes = hours * 60 + Number(parts[3] ?? 0);
  if (minutes > 18 * 60) return undefined;
  return (parts[1] === '-' ? -minutes : minutes) * MS.minute + 0;
}
