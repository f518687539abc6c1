/**
 * Which characters a term has, in 32 bits: an edit takes one bit away at most and adds one at most, so that terms too far
 * from a word are mostly told by their signatures alone. Used where misspelt words are looked up in dictionaries.
 */

/** The bit of a character. It depends on the last byte of the character alone. */
export function characterBit(code: number): number {
  return 1 << (code & 31);
}

/** The bits of all characters of the term whose bytes are `from` to `to` - 1. Bytes that are no term give some bits. */
export function termSignature(bytes: Uint8Array, from: number, to: number): number {
  let signature = 0;
  for (let at = from; at < to; at++) {
    // The last byte of a character is one that none follows that goes on with it.
    if (bytes[at]! < 0x80 || at + 1 === to || (bytes[at + 1]! & 0xc0) !== 0x80) signature |= characterBit(bytes[at]!);
  }
  return signature;
}

/** Signatures `from` to `to` - 1 to look through, and by how many bits they may differ from one. */
export type SignatureRange = {
  readonly signatures: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly signature: number;
  /** Bits that may be missing, 2 at most. */
  readonly mostLost: number;
  /** Bits that may be there besides, 2 at most. */
  readonly mostGained: number;
};

/** Finds the indexes of those that are alike, in order. */
export type SignatureScan = (range: SignatureRange) => readonly number[];

/** Looks through signatures one by one. */
export function scanSignatures({ signatures, from, to, signature, mostLost, mostGained }: SignatureRange): number[] {
  const found: number[] = [];
  // Each step clears a bit, unless all must stay.
  const firstLost = mostLost > 0 ? 0 : -1;
  const secondLost = mostLost > 1 ? 0 : -1;
  const firstGained = mostGained > 0 ? 0 : -1;
  const secondGained = mostGained > 1 ? 0 : -1;
  for (let i = from; i < to; i++) {
    const other = signatures[i]! | 0;
    let lost = signature & ~other;
    lost &= (lost - 1) | firstLost;
    lost &= (lost - 1) | secondLost;
    if (lost !== 0) continue;
    let gained = other & ~signature;
    gained &= (gained - 1) | firstGained;
    gained &= (gained - 1) | secondGained;
    if (gained === 0) found.push(i);
  }
  return found;
}

/** How many characters a term has. */
export function characterCount(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if ((bytes[at]! & 0xc0) !== 0x80) count++;
  return count;
}
