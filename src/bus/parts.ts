/**
 * Large answers in parts: messages over 256 KiB delay everyone's, so an answer beyond that is cut, sent as several
 * replies, and put together again by the requester.
 */
import { CoppiceError } from '../errors.ts';

/** Bytes of answer in one part; leaves room for headers below 256 KiB. */
export const PART_BYTES = 248 * 1024;

/** Largest answer that may travel in parts, in bytes. */
export const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

const PART_HEADER = /^(\d{1,6})\/(\d{1,6})$/;
const MAX_PARTS = Math.ceil(MAX_ANSWER_BYTES / PART_BYTES);

/** Cuts an answer into views of at most `PART_BYTES`; nothing is copied. */
export function splitParts(data: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < data.length; start += PART_BYTES) parts.push(data.subarray(start, start + PART_BYTES));
  return parts;
}

/** Collects the parts of one answer, in any order; a part seen twice counts once. */
export class PartAssembler {
  readonly #parts = new Map<number, Uint8Array>();
  #total = 0;

  /**
   * Takes one part.
   *
   * @param position The header's value, `<number from 1>/<how many>`.
   * @returns The whole answer once the last missing part has come, else undefined.
   * @throws CoppiceError `PARSING_FAILED` if the position makes no sense.
   */
  add(position: string, data: Uint8Array): Uint8Array | undefined {
    const match = PART_HEADER.exec(position);
    const place = Number(match?.[1]);
    const total = Number(match?.[2]);
    const sound = place >= 1 && place <= total && total <= MAX_PARTS && (this.#total === 0 || this.#total === total);
    if (!sound) throw new CoppiceError('PARSING_FAILED', `malformed answer: part \`${position}\``);
    this.#total = total;
    this.#parts.set(place, data);
    return this.#parts.size === total ? this.#join() : undefined;
  }

  #join(): Uint8Array {
    let sizeBytes = 0;
    for (const part of this.#parts.values()) sizeBytes += part.length;
    const whole = new Uint8Array(sizeBytes);
    let offset = 0;
    for (let place = 1; place <= this.#total; place += 1) {
      const part = this.#parts.get(place);
      if (part === undefined) continue;
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}
