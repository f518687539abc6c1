/** Spoils values and bytes, from a seed: what a careless or a hostile client might send in place of a valid body. */
import type { Seeded } from '../../support/seeded.ts';

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e9,
  -1e300,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  ' ',
  '*',
  '_',
  'true',
  '9'.repeat(400),
  'ä\u0000\uD800b',
  'x'.repeat(5_000),
  '2024-02-30',
  [],
  [[]],
  [null],
  {},
  { a: {} },
  new Uint8Array([1, 2, 3]),
  new Date(0),
];
const ODD_KEYS = ['', ' ', '__proto__', 'constructor', 'toString', 'length', '*', 'a.b', '.', 'query', 'x'.repeat(600)];
const DEEP = 150;
const LONG = 3_000;

/** A copy of a value that differs from it in one to three places. */
export function mutateValue(random: Seeded, value: unknown): unknown {
  let mutated = value;
  for (let change = 0; change <= random.below(3); change++) mutated = spoil(random, mutated);
  return mutated;
}

/** A copy of bytes with some flipped, cut off, doubled or put in. */
export function mutateBytes(random: Seeded, data: Uint8Array): Uint8Array {
  const bytes = [...data];
  for (let change = 0; change <= random.below(4); change++) {
    const at = random.below(bytes.length + 1);
    const kind = random.below(5);
    if (kind === 0) bytes[Math.min(at, bytes.length)] = random.below(256);
    else if (kind === 1) bytes.length = at;
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + random.below(20)));
    else if (kind === 3) bytes.splice(at, random.below(8));
    else bytes.splice(at, 0, ...random.list(1 + random.below(6), () => random.below(256)));
  }
  return Uint8Array.from(bytes);
}

/** Bytes that mean nothing. */
export function noise(random: Seeded): Uint8Array {
  return Uint8Array.from(random.list(random.below(200), () => random.below(256)));
}

/** A value of no special shape. */
export function oddValue(random: Seeded): unknown {
  const kind = random.below(12);
  if (kind === 0)
    return Array.from({ length: DEEP }).reduce((inner) => (random.chance(0.5) ? [inner] : { a: inner }), 1);
  if (kind === 1) return random.list(LONG, () => random.below(100));
  if (kind === 2) return random.list(random.below(4), () => oddValue(random));
  if (kind === 3) return { [random.pick(ODD_KEYS)]: random.pick(ODD_VALUES) };
  return random.pick(ODD_VALUES);
}

function spoil(random: Seeded, value: unknown): unknown {
  const inner = entriesOf(value);
  if (inner.length === 0 || random.chance(0.2)) return random.chance(0.3) ? wrapped(random, value) : oddValue(random);
  const [key, child] = random.pick(inner);
  const kind = random.below(10);
  if (kind === 0) return without(value, key);
  if (kind === 1) return withKey(value, misspelt(random, key), child);
  if (kind === 2) return withKey(without(value, key), misspelt(random, key), child);
  if (kind === 3) return withKey(value, random.pick(ODD_KEYS), oddValue(random));
  if (kind === 4) return withKey(value, key, random.pick(inner)[1]);
  return withKey(value, key, spoil(random, child));
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.entries(value) : [];
}

function wrapped(random: Seeded, value: unknown): unknown {
  return random.chance(0.5) ? [value, value] : { [random.pick(ODD_KEYS)]: value };
}

function without(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.filter((_, at) => String(at) !== key);
  return Object.fromEntries(entriesOf(value).filter(([name]) => name !== key));
}

function withKey(value: unknown, key: string, child: unknown): unknown {
  if (Array.isArray(value)) return value.map((element: unknown, at) => (String(at) === key ? child : element));
  return Object.fromEntries([...entriesOf(value), [key, child]]);
}

function misspelt(random: Seeded, key: string): string {
  const at = random.below(key.length + 1);
  return random.chance(0.5) ? key.slice(0, at) + key.slice(at + 1) : `${key.slice(0, at)}x${key.slice(at)}`;
}
