/** Small checks of values that came over the wire, and ways to join them. */
import { isPlainObject } from './shape.ts';

/** Fields of a decoded object. */
export type Fields = Readonly<Record<string, unknown>>;
/** Whether a value is what it should be. */
export type Check = (value: unknown) => boolean;

/** Whether a value is an object with these fields, and with those others, if they are there. */
export function hasShape(
  value: unknown,
  wanted: Readonly<Record<string, Check>>,
  others: Readonly<Record<string, Check>> = {},
): boolean {
  if (!isPlainObject(value)) return false;
  return (
    Object.entries(wanted).every(([name, check]) => check(value[name])) &&
    Object.entries(others).every(([name, check]) => optional(value[name], check))
  );
}

/** Makes a check for one of some values. */
export function oneOf(values: readonly unknown[]): Check {
  return (value) => values.includes(value);
}

/** Makes a check for a list. */
export function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

/** Whether a value is not there, or is what it should be. */
export function optional(value: unknown, check: Check): boolean {
  return value === undefined || check(value);
}

/** Whether a value is an object whose every field is what it should be. */
export function isRecordOf(value: unknown, check: Check): boolean {
  return isPlainObject(value) && Object.values(value).every(check);
}

/** Whether a value is a list of strings. */
export function isStrings(value: unknown): value is readonly string[] {
  return listOf(isString)(value);
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** Whether a value is a finite number. */
export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** Whether a value is a whole number of at least 0. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
