/** Names of files in a store: plain, so that no name leads out of its folder. */

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Ending of files that are being written. */
export const UNFINISHED = '.unfinished';

/** @throws a plain Error if `name` is none: letters, digits, `.`, `_` and `-`, beginning with a letter or digit. */
export function checkName(name: string): void {
  if (!NAME.test(name) || name.endsWith(UNFINISHED)) throw new Error(`\`${name}\` is no name for a file`);
}
