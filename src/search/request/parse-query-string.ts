/** `query_string`: a query as people type it, in Lucene's syntax, to the same nodes as the other kinds. */

import { ObjectReader } from '../object-reader.ts';
import { compact, pathError, shapeError, stringAt } from '../shape.ts';
import { readTimeZone } from './common.ts';
import { readSlop } from './parse-match.ts';
import { QUERY_LIMITS, type QueryNode, type WeightedField } from './query-node.ts';
import {
  AUTO_FUZZINESS,
  COMMON_KEYS,
  fuzzinessAt,
  readCommon,
  readExpansions,
  readFields,
  readMinimum,
  weightedField,
} from './query-options.ts';
import { type QueryStringNesting, type QueryStringOptions, QueryStringParser } from './query-string-parser.ts';

const KEYS = [
  'query',
  'fields',
  'default_field',
  'default_operator',
  'type',
  'tie_breaker',
  'analyzer',
  'phrase_slop',
  'fuzziness',
  'fuzzy_prefix_length',
  'fuzzy_max_expansions',
  'fuzzy_transpositions',
  'minimum_should_match',
  'lenient',
  'allow_leading_wildcard',
  'analyze_wildcard',
  'max_determinized_states',
  'time_zone',
  ...COMMON_KEYS,
];
const LATER = [
  'auto_generate_synonyms_phrase_query',
  'enable_position_increments',
  'escape',
  'fuzzy_rewrite',
  'quote_analyzer',
  'quote_field_suffix',
  'rewrite',
];
const MAX_LENGTH = 32_768;

/** `{"query_string":{"query":"title:(old OR young) AND year:[1900 TO *]"}}`. */
export function parseQueryString(body: unknown, path: string, nesting: QueryStringNesting): QueryNode {
  const reader = ObjectReader.open(body, path, { known: KEYS, later: LATER });
  const text = stringAt(reader.required('query', 'the text to search for'), reader.at('query'), 'a query text');
  if (text.length > MAX_LENGTH)
    throw shapeError(reader.at('query'), `a text of at most ${MAX_LENGTH} characters`, text);
  if (reader.boolean('analyze_wildcard') === true)
    throw pathError(reader.at('analyze_wildcard'), 'is not supported by this version', 'false');
  const parser = new QueryStringParser(text, { ...readOptions(reader), path: reader.at('query') }, nesting);
  return withCommon(parser.parse(), readCommon(reader));
}

function readOptions(reader: ObjectReader): Omit<QueryStringOptions, 'path'> {
  return compact({
    fields: fieldsOf(reader),
    operator: reader.word('default_operator', ['or', 'and']) ?? 'or',
    type: reader.word('type', ['best_fields', 'most_fields', 'cross_fields']) ?? 'best_fields',
    tieBreaker: reader.number('tie_breaker', { min: 0, max: 1 }),
    analyzer: reader.name('analyzer'),
    phraseSlop: readSlop(reader, 'phrase_slop'),
    fuzzy: compact({
      fuzziness: reader.has('fuzziness')
        ? fuzzinessAt(reader.value('fuzziness'), reader.at('fuzziness'))
        : AUTO_FUZZINESS,
      prefixLength: reader.integer('fuzzy_prefix_length', { min: 0, max: QUERY_LIMITS.textLength }),
      maxExpansions: readExpansions(reader, 'fuzzy_max_expansions'),
      transpositions: reader.boolean('fuzzy_transpositions'),
    }),
    minimumShouldMatch: readMinimum(reader),
    lenient: reader.boolean('lenient'),
    allowLeadingWildcard: reader.boolean('allow_leading_wildcard') ?? true,
    maxStates: reader.integer('max_determinized_states', { min: 1, max: 100_000 }),
    timeZone: readTimeZone(reader),
  });
}

function fieldsOf(reader: ObjectReader): readonly WeightedField[] {
  if (!reader.has('default_field')) return readFields(reader);
  if (reader.has('fields'))
    throw pathError(reader.at('fields'), 'takes [fields] or [default_field], not both', 'one of them');
  return [weightedField(reader.value('default_field'), reader.at('default_field'))];
}

function withCommon(node: QueryNode, { boost, name }: { boost?: number; name?: string }): QueryNode {
  const whole = boost === undefined ? node : { ...node, boost: (node.boost ?? 1) * boost };
  return name === undefined ? whole : { ...whole, name };
}
