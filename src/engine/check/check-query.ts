/** What a query must be, kind by kind, before it is looked at any further. Whether values fit their fields is seen when it is built. */
import { CoppiceError } from '../../errors.ts';
import { MAX_TERM_BYTES } from '../part/term-bytes.ts';
import type { Query, ScoreFunction } from '../query/query.ts';
import { QueryLimits } from '../query/query-limits.ts';
import {
  anyOf,
  between,
  byKind,
  type Check,
  ensure,
  isAnything,
  isCount,
  isFieldValue,
  isFinite,
  isFlag,
  isText,
  type Keys,
  listOf,
  objectOf,
  oneOf,
  type Problem,
  shown,
  wholeFrom,
} from './checks.ts';

const LIMITS = new QueryLimits();
/** Most characters of a wildcard. */
const MAX_WILDCARD = 8192;
/** Levels of the query at hand; one query is checked at a time. */
let depth = 0;

/**
 * Checks a query.
 *
 * @throws CoppiceError `BAD_REQUEST` for one that is none, `LIMIT_EXCEEDED` for one that is too deep or holds a pattern of
 * more than 32,766 characters, which no term has, or a wildcard of more than 8,192.
 */
export function checkQuery(query: unknown, name = 'query'): void {
  ensure(name, query, isQuery);
}

/** A query, at the top of whatever holds it. */
export const isQuery: Check = (value) => {
  depth = 0;
  return isInnerQuery(value);
};

const isInnerQuery: Check = (value) => {
  LIMITS.checkDepth(++depth);
  const problem = isOfKind(value);
  depth--;
  return problem;
};

const isWeight = between(0, Number.POSITIVE_INFINITY);
const isOperator = oneOf('or', 'and');
const isZeroTerms = oneOf('none', 'all');
const isMinimum = anyOf('a number or a string', isFinite, isText);
const isBounds = objectOf({}, { gte: isFieldValue, gt: isFieldValue, lte: isFieldValue, lt: isFieldValue });
const isWeightedField = objectOf({ field: isText }, { boost: isWeight });

/** A text that is made an automaton of. */
const isPattern: Check = (value) => {
  if (typeof value === 'string' && value.length > MAX_TERM_BYTES) throw tooLong(value);
  return isText(value);
};

/** One whose automaton is made while terms are read: it takes time by its length and theirs. */
const isWildcard: Check = (value) => {
  if (typeof value === 'string' && value.length > MAX_WILDCARD) throw tooLong(value, MAX_WILDCARD);
  return isText(value);
};

const FUZZY: Keys = { prefixLength: isCount, maxExpansions: isCount, transpositions: isFlag };
const isFuzziness = anyOf('0, 1, 2 or two lengths', oneOf(0, 1, 2), objectOf({ low: isCount, high: isCount }));
const isFuzzy = objectOf({ fuzziness: isFuzziness }, FUZZY);
const SCORE_MODES = oneOf('multiply', 'sum', 'avg', 'first', 'max', 'min');
const BOOST_MODES = oneOf('multiply', 'replace', 'sum', 'avg', 'max', 'min');
const MODIFIERS = oneOf('none', 'log', 'log1p', 'log2p', 'ln', 'ln1p', 'ln2p', 'square', 'sqrt', 'reciprocal');

const isScoreFunction = byKind({
  weight: scoreFunction('weight', {}),
  fieldValueFactor: scoreFunction(
    'fieldValueFactor',
    { field: isText },
    { factor: isFinite, modifier: MODIFIERS, missing: isFinite },
  ),
  decay: scoreFunction(
    'decay',
    { shape: oneOf('gauss', 'exp', 'linear'), field: isText, origin: isFinite, scale: isFinite },
    { offset: isFinite, decay: isFinite, multiValueMode: oneOf('min', 'max', 'avg', 'sum') },
  ),
  random: scoreFunction('random', { seed: anyOf('a number or a string', isFinite, isText) }),
} satisfies Record<ScoreFunction['kind'], Check>);

const isPlainTerm = query({ field: isText, value: isFieldValue }, { caseInsensitive: isFlag });

const isOfKind = byKind({
  matchAll: query({}),
  matchNone: query({}),
  match: query(
    { field: isText, text: isText },
    {
      operator: isOperator,
      minimumShouldMatch: isMinimum,
      fuzzy: isFuzzy,
      analyzer: isText,
      zeroTerms: isZeroTerms,
      lastIsPrefix: isFlag,
      maxExpansions: isCount,
    },
  ),
  crossFields: query(
    { fields: listOf(isWeightedField), text: isText },
    {
      operator: isOperator,
      minimumShouldMatch: isMinimum,
      analyzer: isText,
      tieBreaker: between(0, 1),
      zeroTerms: isZeroTerms,
    },
  ),
  phrase: query(
    { field: isText, text: isText },
    { slop: isCount, analyzer: isText, zeroTerms: isZeroTerms, lastIsPrefix: isFlag, maxExpansions: isCount },
  ),
  term: (value) => isPlainTerm(value) ?? isFoldedTerm(value),
  terms: query({ field: isText, values: listOf(isFieldValue) }),
  range: query({ field: isText, bounds: isBounds }),
  exists: query({ field: isText }),
  ids: query({ ids: listOf(isText) }),
  prefix: query({ field: isText, value: isPattern }, { caseInsensitive: isFlag }),
  wildcard: query({ field: isText, pattern: isWildcard }, { caseInsensitive: isFlag }),
  regexp: query({ field: isText, pattern: isPattern }, { caseInsensitive: isFlag, maxStates: wholeFrom(1) }),
  fuzzy: query({ field: isText, value: isPattern, fuzziness: isFuzziness }, FUZZY),
  constantScore: query({ filter: isInnerQuery }),
  disMax: query({ queries: listOf(isInnerQuery) }, { tieBreaker: between(0, 1) }),
  boosting: query({ positive: isInnerQuery, negative: isInnerQuery, negativeBoost: isWeight }),
  functionScore: query(
    { query: isInnerQuery, functions: listOf(isScoreFunction) },
    { scoreMode: SCORE_MODES, boostMode: BOOST_MODES, maxBoost: isFinite, minScore: isFinite },
  ),
  bool: query(
    {},
    {
      must: listOf(isInnerQuery),
      should: listOf(isInnerQuery),
      filter: listOf(isInnerQuery),
      mustNot: listOf(isInnerQuery),
      minimumShouldMatch: isMinimum,
    },
  ),
} satisfies Record<Query['kind'], Check>);

/** Where capitals do not count, a pattern is made of the value. */
function isFoldedTerm(value: unknown): Problem | undefined {
  const isFolded =
    typeof value === 'object' && value !== null && 'caseInsensitive' in value && value.caseInsensitive === true;
  return isFolded && 'value' in value && typeof value.value === 'string' ? isPattern(value.value) : undefined;
}

function query(required: Keys, optional: Keys = {}): Check {
  return objectOf({ kind: isAnything, ...required }, { boost: isWeight, name: isText, ...optional });
}

function scoreFunction(kind: ScoreFunction['kind'], required: Keys, optional: Keys = {}): Check {
  return objectOf({ kind: oneOf(kind), ...required }, { filter: isInnerQuery, weight: isWeight, ...optional });
}

/** What is thrown for a pattern that is longer than any term, or than `limit`. */
export function tooLong(pattern: string, limit = MAX_TERM_BYTES): CoppiceError {
  return new CoppiceError(
    'LIMIT_EXCEEDED',
    `the pattern ${shown(pattern)} has ${pattern.length} characters, the limit is ${limit}`,
    { details: { limit } },
  );
}
