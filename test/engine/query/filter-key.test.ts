/** Names of filters: one for each thing that is asked, made anew or not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filterKey } from '../../../src/engine/query/filter-key.ts';
import type { Query } from '../../../src/engine/query/query.ts';

const test = suite('engine/query/filter-key');

/** Alike in what they are found by at first. */
function distinctFilters(): Query[] {
  const filters: Query[] = [{ kind: 'exists', field: 'a' }];
  for (const field of ['a', 'b']) {
    for (const value of ['red', 'rod', 'rxd', 'r', '', 'r\u0000d']) filters.push({ kind: 'term', field, value });
    filters.push({ kind: 'term', field, value: 'red', caseInsensitive: true }, { kind: 'term', field, value: 3 });
    for (const bounds of [{ gte: 1, lt: 5 }, { gt: 1, lt: 5 }, { gte: 1, lte: 5 }, { gte: 2, lt: -26 }, { gte: 1 }])
      filters.push({ kind: 'range', field, bounds });
    filters.push({ kind: 'range', field, bounds: { gte: 'b', lt: 'c' } });
    filters.push({ kind: 'range', field, bounds: { gte: Number.NEGATIVE_INFINITY, lt: 1e300 } });
  }
  return filters;
}

test('filters that ask the same have one name, others have others', () => {
  const names = distinctFilters().map(filterKey);
  assert.is(new Set(names).size, names.length);
  for (let round = 0; round < 3; round++) assert.equal(distinctFilters().map(filterKey), names);
});

test('a query that is changed afterwards has another name', () => {
  const bounds = { gte: 1, lt: 5 };
  const before = filterKey({ kind: 'range', field: 'a', bounds });
  bounds.lt = 9;
  assert.is.not(filterKey({ kind: 'range', field: 'a', bounds }), before);
  assert.is(filterKey({ kind: 'range', field: 'a', bounds: { gte: 1, lt: 5 } }), before);
});

test.run();
