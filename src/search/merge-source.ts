/** A partial update: merging one document into another, and seeing whether that changed anything. */
import type { Source } from './document.ts';
import { isPlainObject } from './shape.ts';

/** Merges inner objects key by key; anything else, lists too, is replaced. Neither document is changed. */
export function mergeSource(base: Source, part: Source): Source {
  const merged = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(part)) {
    const before = merged.get(name);
    merged.set(name, isPlainObject(before) && isPlainObject(value) ? mergeSource(before, value) : value);
  }
  return Object.fromEntries(merged);
}

/** Whether two JSON values are equal; the order of keys does not count. */
export function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((value, index) => isSame(value, right[index]));
  if (!isPlainObject(left) || !isPlainObject(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isSame(left[name], right[name]))
  );
}
