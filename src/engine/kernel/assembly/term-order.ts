/** Orders of terms: by what they can score, or by how many documents they have. Few change places from call to call. */
import { Query, termAt } from './records.ts';

/** Sorts the first terms in order by rising bounds: Shell's sort, which is quick where little changes. */
export function sortByBound(order: usize, count: i32): void {
  let gap = 1;
  while (gap < count / 3) gap = gap * 3 + 1;
  for (; gap > 0; gap /= 3) {
    for (let i = gap; i < count; i++) {
      const term = termAt(order, i);
      const bound = term.bound;
      let j = i - gap;
      for (; j >= 0 && termAt(order, j).bound > bound; j -= gap) {
        store<usize>(order + ((<usize>(j + gap)) << 2), load<usize>(order + ((<usize>j) << 2)));
      }
      store<usize>(order + ((<usize>(j + gap)) << 2), changetype<usize>(term));
    }
  }
}

/** Fills `prefix` up to `count`: item `i` is the bounds of the first `i` terms together. */
export function fillPrefix(query: Query, count: i32): void {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    store<f64>(query.prefix + ((<usize>i) << 3), sum);
    sum += termAt(query.order, i).bound;
  }
  store<f64>(query.prefix + ((<usize>count) << 3), sum);
}
