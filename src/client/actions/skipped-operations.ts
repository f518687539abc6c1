/**
 * `skipped-operations`: the writes that an index or group could not apply and has passed over, by a decision in the log.
 */
import { shardsOf } from '../../actor/slots.ts';
import { errorFromWire } from '../../errors.ts';
import { errorReason } from '../../search/answers.ts';
import { ObjectReader } from '../../search/object-reader.ts';
import { parseSkippedAnswer, SKIPPED_ENDPOINT } from '../../wire/messages.ts';
import { checkName } from '../../wire/names.ts';
import type { RunAction } from './action.ts';

/** Lists the last skipped operations of each shard, oldest first, and counts all. */
export const skippedOperations: RunAction = async ({ router }, { index, body }, options) => {
  ObjectReader.open(body ?? {}, '', { known: [] });
  const group = await router.group(checkName('index', index));
  const answers = await router.ask(group, { endpoint: SKIPPED_ENDPOINT }, options);
  const failures = answers.flatMap((answer) =>
    answer.ok ? [] : [{ shard: answer.shard, reason: errorReason(answer.error) }],
  );
  const told = answers.flatMap((answer) =>
    answer.ok ? [{ shard: answer.shard, ...parseSkippedAnswer(answer.value) }] : [],
  );
  return {
    index,
    _shards: {
      total: shardsOf(group.slots).length,
      successful: told.length,
      failed: failures.length,
      ...(failures.length === 0 ? {} : { failures }),
    },
    count: told.reduce((total, { count }) => total + count, 0),
    operations: told.flatMap(({ shard, last }) =>
      last.map(({ seq, place, error }) => ({
        shard,
        record: seq,
        operation: place,
        error: errorReason(errorFromWire(error)),
      })),
    ),
  };
};
