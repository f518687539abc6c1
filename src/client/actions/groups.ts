/**
 * `group-delete`: takes down a group of a user's own actor, with its log, whether or not anyone hosts it still.
 */
import { deleteGroup } from '../../cluster/groups.ts';
import { CoppiceError } from '../../errors.ts';
import type { RunAction } from './action.ts';

/** Deletes a group that is no search index. */
export const removeGroup: RunAction = async ({ context, router }, { index }) => {
  const group = await router.group(index);
  if (group.actor === 'search')
    throw new CoppiceError('BAD_REQUEST', `\`${index}\` is a search index: use \`index-delete\``);
  await deleteGroup(context, group.name);
  return { acknowledged: true };
};
