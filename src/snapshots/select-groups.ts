/** Which groups a list of names and patterns means. */
import { CoppiceError } from '../errors.ts';
import { hasWildcard, matchesWildcard } from '../search/wildcard.ts';

/**
 * Picks from `known`, in its order. Without `wanted` all are meant.
 *
 * @throws CoppiceError `GROUP_NOT_FOUND` for a name that is not there, or if nothing is meant at all.
 */
export function selectNames(
  known: readonly string[],
  wanted: readonly string[] | undefined,
  where: string,
): readonly string[] {
  const patterns = wanted ?? ['*'];
  const absent = patterns.find((pattern) => !hasWildcard(pattern) && !known.includes(pattern));
  if (absent !== undefined)
    throw new CoppiceError('GROUP_NOT_FOUND', `there is no index or group \`${absent}\` in ${where}`);
  const selected = known.filter((name) => patterns.some((pattern) => matchesWildcard(pattern, name)));
  if (selected.length > 0) return selected;
  throw new CoppiceError('GROUP_NOT_FOUND', `no index or group of ${where} is meant by \`${patterns.join(',')}\``);
}
