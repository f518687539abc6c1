/** Answers taken apart in tests: of the shape that is expected, or a failure that shows what came instead. */

/** A value as an object. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`expected an object, got ${JSON.stringify(value)}`);
  return Object.fromEntries(Object.entries(value));
}

/** A value as a list. */
export function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${JSON.stringify(value)}`);
  return value;
}

/** What lies at a path such as `items.0.index.status`; undefined if nothing does. */
export function at(value: unknown, path: string): unknown {
  let inner = value;
  for (const key of path.split('.')) {
    if (typeof inner !== 'object' || inner === null) return undefined;
    inner = Object.entries(inner).find(([name]) => name === key)?.[1];
  }
  return inner;
}

/** The same value with each object's keys in alphabetical order, as JSON: what differs in no more is equal. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
