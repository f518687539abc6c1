/** Looks at documents one by one, in the order of a list: those that come first under a sort key (`collect/part-front.ts`). */
import { hasBit } from './filter.ts';
import { find, probeFrom } from './postings.ts';
import { Query, termAt } from './records.ts';

/** Replaces the list by the indexes of its first `limit` documents that match, and gives their number. */
export function selectListed(query: Query): i32 {
  const list = query.list;
  let selected = 0;
  for (let i = 0; i < query.listed && selected < query.limit; i++) {
    const doc = load<i32>(list + ((<usize>i) << 2));
    if (query.filter != 0 && !hasBit(query.filter, query.filterWords, doc)) continue;
    if (!matches(query, doc)) continue;
    store<i32>(list + ((<usize>selected) << 2), i);
    selected++;
  }
  return selected;
}

function matches(query: Query, doc: i32): bool {
  let wanted = query.minimum;
  for (let i = query.termCount - 1; i >= 0 && wanted > 0 && wanted <= i + 1; i--) {
    const term = termAt(query.order, i);
    probeFrom(term, doc);
    wanted -= i32(find(term, doc));
  }
  return wanted <= 0;
}
