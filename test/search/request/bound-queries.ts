/** Fields of every type, and queries bound to them. */
import type { Query } from '../../../src/engine/query/query.ts';
import { parseMappings } from '../../../src/search/parse-mappings.ts';
import { compileQuery } from '../../../src/search/request/compile-query.ts';
import { parseQuery } from '../../../src/search/request/parse-query.ts';

/** Fields of every type. */
export const MAPPINGS = parseMappings(
  {
    properties: {
      title: { type: 'text', fields: { keyword: { type: 'keyword' } } },
      tag: { type: 'keyword' },
      year: { type: 'integer' },
      price: { type: 'double' },
      open: { type: 'boolean' },
      at: { type: 'date' },
      author: { properties: { name: { type: 'text' }, age: { type: 'long' } } },
    },
  },
  'mappings',
);

/** Reads a query and binds it to the fields. */
export const compile = (query: unknown): Query => compileQuery(parseQuery(query, 'query'), MAPPINGS, { nowMs: NOW_MS });
/** The moment of these queries. */
export const NOW_MS = Date.UTC(2024, 4, 15, 10, 30, 20, 500);
/** 2024-05-06. */
export const DAY = 1714953600000;
/** What finds nothing. */
export const NONE = { kind: 'matchNone' };
