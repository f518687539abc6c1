/** How many live documents bitmaps have. */
import type { IndexPart } from '../part/index-part.ts';
import { bitCount } from './window.ts';

/** What was counted when the part was in a state. */
type Counted = { readonly generation: number; readonly count: number };

const counted = new WeakMap<Uint32Array, Counted>();

/** Live documents of a part in a bitmap. */
export function countLive(words: Uint32Array, { live, endOrdinal }: IndexPart): number {
  const size = Math.min(words.length, Math.ceil(endOrdinal / 32));
  let count = 0;
  for (let i = 0; i < size; i++) count += bitCount(words[i]! & live[i]!);
  return count;
}

/** The same of a bitmap that is kept for a part, and does not change: counted once until the next delete. */
export function countKept(words: Uint32Array, part: IndexPart): number {
  const { generation } = part;
  const known = counted.get(words);
  if (known?.generation === generation) return known.count;
  const count = countLive(words, part);
  counted.set(words, { generation, count });
  return count;
}
