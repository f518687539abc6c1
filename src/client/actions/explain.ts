/** `explain`: how one document scores. */
import { shardOfSlot, shardsOf, slotOf } from '../../actor/slots.ts';
import { type ExplainAnswer, explainAnswer } from '../../search/answers.ts';
import type { ShardExplain, ShardExplanation } from '../../search/partials.ts';
import { parseExplain } from '../../search/request/explain-request.ts';
import { compact } from '../../search/shape.ts';
import { unavailable } from '../router.ts';
import { type RunAction, searchGroup, within } from './action.ts';
import { bindNow } from './mappings.ts';
import { globalStatistics } from './search.ts';

/** Explains the score of a document by id. */
export const explain: RunAction = async (root, { index, body }, options): Promise<ExplainAnswer> => {
  const parsed = parseExplain(body);
  const group = await searchGroup(root, index);
  const request = await bindNow(root, group, parsed);
  const { id, routing, query, nowMs, searchType, after } = request;
  const asked = { ...within(root, options, request.timeoutMs), ...(after === undefined ? {} : { after }) };
  const statistics =
    searchType === 'dfs_query_then_fetch'
      ? (await globalStatistics(root, { group, request, shards: shardsOf(group.slots) }, asked)).merged
      : undefined;
  const shard = shardOfSlot(group.slots, slotOf(routing));
  const wanted: ShardExplain = compact({ id, routing, query, nowMs, statistics });
  const [answer] = await root.router.ask(group, { endpoint: 'explain', body: wanted, shards: [shard] }, asked);
  if (answer === undefined || !answer.ok) throw unavailable(group, answer === undefined ? [] : [answer]);
  return explainAnswer({ index, id }, answer.value as ShardExplanation);
};
