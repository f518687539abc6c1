/**
 * Small checks of what callers hand to the engine, and ways to join them. A check that finds nothing makes nothing: it
 * costs about as much as looking at each value once.
 */
import { CoppiceError } from '../../errors.ts';

/** What is wrong with a value: where in it, such as `.must[2].boost`, and what in words. */
export type Problem = { readonly path: string; readonly text: string };

/** Finds what is wrong with a value. */
export type Check = (value: unknown) => Problem | undefined;

/** Checks for the keys of an object. */
export type Keys = Readonly<Record<string, Check>>;

/** Throws CoppiceError `BAD_REQUEST` for a value that is not as it should be; `name` is what callers call it. */
export function ensure(name: string, value: unknown, check: Check): void {
  const problem = check(value);
  if (problem !== undefined) throw new CoppiceError('BAD_REQUEST', `${name}${problem.path} ${problem.text}`);
}

/** A value in a few words, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value === null || value === undefined) return value === null ? 'null' : 'nothing';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

/** Whatever it is. */
export const isAnything: Check = () => undefined;

/** A string. */
export const isText: Check = (value) => (typeof value === 'string' ? undefined : misfit('a string', value));

/** True or false. */
export const isFlag: Check = (value) => (typeof value === 'boolean' ? undefined : misfit('true or false', value));

/** A number that is neither infinite nor NaN. */
export const isFinite: Check = (value) => (Number.isFinite(value) ? undefined : misfit('a finite number', value));

/** A function. */
export const isFunction: Check = (value) => (typeof value === 'function' ? undefined : misfit('a function', value));

/** A whole number from 0. */
export const isCount: Check = wholeFrom(0);

/** A value of a field: a string, true, false or a finite number. */
export const isFieldValue: Check = (value) =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
    ? undefined
    : misfit('a string, a finite number, true or false', value);

/** A whole number that is no less than `least`. */
export function wholeFrom(least: number): Check {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least
      ? undefined
      : misfit(`a whole number from ${least}`, value);
}

/** A finite number from `least` to `most`. */
export function between(least: number, most: number): Check {
  return (value) =>
    typeof value === 'number' && value >= least && value <= most && Number.isFinite(value)
      ? undefined
      : misfit(
          most === Number.POSITIVE_INFINITY ? `a number from ${least}` : `a number from ${least} to ${most}`,
          value,
        );
}

/** A finite number above 0. */
export const isPositive: Check = (value) =>
  typeof value === 'number' && value > 0 && Number.isFinite(value) ? undefined : misfit('a number above 0', value);

/** One of some values. */
export function oneOf(...values: readonly unknown[]): Check {
  return (value) => (values.includes(value) ? undefined : misfit(values.map(String).join(' or '), value));
}

/** What one of several checks lets pass; `expected` tells in words what that is. */
export function anyOf(expected: string, ...checks: readonly Check[]): Check {
  return (value) => (checks.some((check) => check(value) === undefined) ? undefined : misfit(expected, value));
}

/** A list of values, at least `least` of them. */
export function listOf(check: Check, least = 0): Check {
  return (value) => {
    if (!Array.isArray(value)) return misfit('a list', value);
    if (value.length < least) return misfit(`a list of ${least} or more`, value);
    for (let i = 0; i < value.length; i++) {
      const problem = check(value[i]);
      if (problem !== undefined) return below(`[${i}]`, problem);
    }
    return undefined;
  };
}

/** An object whose names are the caller's. */
export function recordOf(check: Check): Check {
  return (value) => {
    if (!isObject(value)) return misfit('an object', value);
    for (const key of Object.keys(value)) {
      const problem = check(value[key]);
      if (problem !== undefined) return below(`.${key.slice(0, 60)}`, problem);
    }
    return undefined;
  };
}

/** An object with all of some keys, and no others but those that it may have. A value that is undefined is not there. */
export function objectOf(required: Keys, optional: Keys = {}): Check {
  const checks = new Map(Object.entries({ ...optional, ...required }));
  const needed = Object.keys(required);
  return (value) => {
    if (!isObject(value)) return misfit('an object', value);
    for (const key in value) {
      if (value[key] === undefined) continue;
      const check = checks.get(key);
      if (check === undefined) return { path: `.${key.slice(0, 60)}`, text: 'is not known' };
      const problem = check(value[key]);
      if (problem !== undefined) return below(`.${key}`, problem);
    }
    for (const key of needed) if (value[key] === undefined) return { path: `.${key}`, text: 'is missing' };
    return undefined;
  };
}

/** An object whose `kind` says by which check it is checked. */
export function byKind(kinds: Keys): Check {
  const checks = new Map(Object.entries(kinds));
  return (value) => {
    if (!isObject(value)) return misfit('an object', value);
    const { kind } = value;
    const check = typeof kind === 'string' ? checks.get(kind) : undefined;
    return check === undefined ? { path: '.kind', text: `is not known: ${shown(kind)}` } : check(value);
  };
}

/** What is wrong with a value that is not what is expected. */
export function misfit(expected: string, value: unknown): Problem {
  return { path: '', text: `must be ${expected}, got ${shown(value)}` };
}

function below(path: string, problem: Problem): Problem {
  return { path: `${path}${problem.path}`, text: problem.text };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
