/**
 * Which names are allowed, and how they travel in subjects. A dot in a name travels as `=`, since dots separate
 * subject tokens.
 */
import { CoppiceError } from '../errors.ts';

const NAME = /^[a-z0-9][a-z0-9_.-]*$/;
const CLUSTER = /^[a-z0-9][a-z0-9_-]*$/;
const ENDPOINT = /^[a-z0-9][a-z0-9_-]*$/;
const MAX_NAME_LENGTH = 128;

/** What a name belongs to; it decides the characters allowed and stands in the message. */
export type NameKind = 'index' | 'group' | 'leaf' | 'cluster' | 'endpoint' | 'zone' | 'snapshot';

/**
 * Checks a name given by a user.
 *
 * @returns The name, unchanged.
 * @throws CoppiceError `INVALID_NAME` that says what is wrong with it.
 */
export function checkName(kind: NameKind, name: unknown): string {
  if (typeof name !== 'string')
    throw new CoppiceError('INVALID_NAME', `${kind} name must be a string, got ${typeof name}`);
  if (name.length === 0) throw new CoppiceError('INVALID_NAME', `${kind} name must not be empty`);
  if (name.length > MAX_NAME_LENGTH) {
    throw new CoppiceError(
      'INVALID_NAME',
      `${kind} name is ${name.length} characters long, ${MAX_NAME_LENGTH} are allowed`,
    );
  }
  const allowed = kind === 'cluster' ? CLUSTER : kind === 'endpoint' ? ENDPOINT : NAME;
  if (!allowed.test(name) || name.endsWith('.') || name.includes('..')) {
    throw new CoppiceError('INVALID_NAME', `invalid ${kind} name \`${name}\`: ${rule(allowed)}`);
  }
  return name;
}

/** Turns a checked name into a subject token. */
export function nameToToken(name: string): string {
  return name.replaceAll('.', '=');
}

/** Turns a subject token back into the name. */
export function tokenToName(token: string): string {
  return token.replaceAll('=', '.');
}

/** The token of one life of a group: `<name>/<generation>`. */
export function groupToken(name: string, generation: string): string {
  return `${nameToToken(name)}/${generation}`;
}

function rule(allowed: RegExp): string {
  return allowed === NAME
    ? 'use lower-case letters, digits, `_`, `-` and single inner dots, starting with a letter or digit'
    : 'use lower-case letters, digits, `_` and `-`, starting with a letter or digit';
}
