import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseQuery } from '../../../src/search/request/parse-query.ts';
import { assertFault, faultOf } from '../faults.ts';

const test = suite('search/request/parse-query');

const parse = (query: unknown): unknown => parseQuery(query, 'query');

function nested(depth: number): unknown {
  return JSON.parse('{"bool":{"must":'.repeat(depth) + '{"match_all":{}}' + '}}'.repeat(depth));
}

test('every kind is read in its short and its long form', () => {
  const table: readonly (readonly [unknown, unknown])[] = [
    [{ match_all: {} }, { kind: 'matchAll' }],
    [{ match_none: {} }, { kind: 'matchNone' }],
    [{ match: { title: 'whale' } }, { kind: 'match', field: 'title', value: 'whale' }],
    [
      { match: { title: { query: 'white whale', operator: 'AND', minimum_should_match: '75%', boost: 2 } } },
      { kind: 'match', field: 'title', value: 'white whale', operator: 'and', minimumShouldMatch: '75%', boost: 2 },
    ],
    [
      { multi_match: { query: 'x', fields: ['title^3', 'b*'], tie_breaker: 0.3 } },
      {
        kind: 'multiMatch',
        fields: [{ pattern: 'title', boost: 3 }, { pattern: 'b*' }],
        value: 'x',
        type: 'best_fields',
        tieBreaker: 0.3,
      },
    ],
    [{ term: { year: 1851 } }, { kind: 'term', field: 'year', value: 1851 }],
    [{ term: { tag: { value: 'x', boost: '1.5' } } }, { kind: 'term', field: 'tag', value: 'x', boost: 1.5 }],
    [{ terms: { tag: ['x', 1, true], boost: 2 } }, { kind: 'terms', field: 'tag', values: ['x', 1, true], boost: 2 }],
    [{ range: { year: { gte: 1, lt: '5' } } }, { kind: 'range', field: 'year', bounds: { gte: 1, lt: '5' } }],
    [{ exists: { field: 'x' } }, { kind: 'exists', field: 'x' }],
    [{ ids: { values: ['1', 2] } }, { kind: 'ids', ids: ['1', '2'] }],
    [
      { constant_score: { filter: { match_all: {} }, boost: 3 } },
      { kind: 'constantScore', filter: { kind: 'matchAll' }, boost: 3 },
    ],
    [
      { dis_max: { queries: [{ match_all: {} }], tie_breaker: 0.5 } },
      { kind: 'disMax', queries: [{ kind: 'matchAll' }], tieBreaker: 0.5 },
    ],
    [
      { bool: { must: { match_all: {} }, must_not: [{ match_none: {} }], minimum_should_match: '-25%' } },
      {
        kind: 'bool',
        must: [{ kind: 'matchAll' }],
        should: [],
        filter: [],
        mustNot: [{ kind: 'matchNone' }],
        minimumShouldMatch: '-25%',
      },
    ],
    [
      {
        match: {
          title: { query: 'x', fuzziness: 'AUTO:4,8', max_expansions: 9, minimum_should_match: '2 < 75% 4<+50%' },
        },
      },
      {
        kind: 'match',
        field: 'title',
        value: 'x',
        minimumShouldMatch: '2<75% 4<50%',
        fuzzy: { fuzziness: { low: 4, high: 8 }, maxExpansions: 9 },
      },
    ],
    [{ match_phrase: { title: 'x y' } }, { kind: 'phrase', field: 'title', value: 'x y' }],
    [
      { match_phrase_prefix: { title: { query: 'x y', slop: 2, analyzer: 'simple' } } },
      { kind: 'phrase', field: 'title', value: 'x y', lastIsPrefix: true, slop: 2, analyzer: 'simple' },
    ],
    [
      { match_bool_prefix: { title: { query: 'x', max_expansions: 5 } } },
      { kind: 'match', field: 'title', value: 'x', lastIsPrefix: true, maxExpansions: 5 },
    ],
    [{ prefix: { tag: 5 } }, { kind: 'prefix', field: 'tag', value: '5' }],
    [{ wildcard: { tag: { wildcard: 'a*' } } }, { kind: 'wildcard', field: 'tag', value: 'a*' }],
    [{ regexp: { tag: { value: 'a|b', flags: 'ALL' } } }, { kind: 'regexp', field: 'tag', value: 'a|b' }],
    [{ fuzzy: { tag: 'x' } }, { kind: 'fuzzy', field: 'tag', value: 'x', fuzziness: { low: 3, high: 6 } }],
    [
      { range: { at: { gte: 'now-1d/d', time_zone: '+01:00', format: 'yyyy', _name: 'new' } } },
      { kind: 'range', field: 'at', bounds: { gte: 'now-1d/d' }, format: 'yyyy', timeZone: '+01:00', name: 'new' },
    ],
    [
      { function_score: { weight: 2 } },
      { kind: 'functionScore', query: { kind: 'matchAll' }, functions: [{ kind: 'weight', weight: 2 }] },
    ],
    [{ terms: { tag: ['x'], _name: 'n' } }, { kind: 'terms', field: 'tag', values: ['x'], name: 'n' }],
    [JSON.parse('{"term":{"__proto__":"x"}}'), { kind: 'term', field: '__proto__', value: 'x' }],
  ];
  for (const [query, expected] of table) assert.equal(parse(query), expected, JSON.stringify(query));
});

test('a wrong query says where and what', () => {
  const table: readonly (readonly [unknown, string | RegExp])[] = [
    ['whale', 'query: expected a query object, got "whale"'],
    [null, 'query: expected a query object, got null'],
    [{}, 'query: query malformed, empty clause found'],
    [{ mtch: { title: 'x' } }, 'query: unknown query [mtch], did you mean [match]?'],
    [{ bol: {} }, 'query: unknown query [bol], did you mean [bool]?'],
    [{ more_like_this: { like: 'x' } }, 'query: query [more_like_this] is not supported by this version'],
    [{ whatever: {} }, /^query: unknown query \[whatever\], expected one of \[match, match_all, /],
    [{ match: {}, term: {} }, 'query: a query has one name, got [match] and [term]; combine queries with [bool]'],
    [{ match: 'x' }, 'query.match: expected an object with a field name, got "x"'],
    [{ match: {} }, 'query.match: no field name'],
    [{ match: { a: 'x', b: 'y' } }, 'query.match: takes one field, got [a] and [b]'],
    [{ match: { title: ['x'] } }, 'query.match.title: expected a text, a number or a boolean, got a list'],
    [
      { match: { title: { query: 'x', operater: 'and' } } },
      'query.match.title: unknown key [operater], did you mean [operator]?',
    ],
    [
      { match: { title: { query: 'x', operator: 'nad' } } },
      'query.match.title.operator: expected one of [or, and], got "nad", did you mean [and]?',
    ],
    [
      { match: { title: { query: 'x', fuzziness: 3 } } },
      'query.match.title.fuzziness: expected a fuzziness: 0, 1, 2, "AUTO" or "AUTO:3,6", got 3',
    ],
    [
      { match: { title: { query: 'x', fuzziness: 'AUTO:6,3' } } },
      /^query\.match\.title\.fuzziness: expected a fuzziness/,
    ],
    [
      { match: { title: { query: 'x', auto_generate_synonyms_phrase_query: true } } },
      'query.match.title: key [auto_generate_synonyms_phrase_query] is not supported by this version',
    ],
    [
      { match: { title: { operator: 'and' } } },
      'query.match.title.query: expected the text to search for, got nothing',
    ],
    [
      { match: { title: { query: 'x', minimum_should_match: '2<' } } },
      /^query\.match\.title\.minimum_should_match: expected an integer, a percentage or conditions/,
    ],
    [{ match: { title: { query: 'x', boost: -1 } } }, /^query\.match\.title\.boost: expected a number from 0/],
    [
      { multi_match: { query: 'x', type: 'phrse' } },
      /^query\.multi_match\.type: expected one of \[best_fields, .*\], got "phrse", did you mean \[phrase\]\?$/,
    ],
    [
      { multi_match: { query: 'x', type: 'cross_fields', fuzziness: 1 } },
      'query.multi_match.fuzziness: [fuzziness] is not allowed for type [cross_fields]',
    ],
    [{ multi_match: { query: 'x', slop: 1 } }, 'query.multi_match.slop: [slop] is not allowed for type [best_fields]'],
    [
      { match_phrase: { title: { query: 'x', slop: -1 } } },
      'query.match_phrase.title.slop: expected an integer from 0 to 1000000, got -1',
    ],
    [
      { match_phrase_prefix: { title: { query: 'x', max_expansions: 0 } } },
      'query.match_phrase_prefix.title.max_expansions: expected an integer from 1 to 1024, got 0',
    ],
    [{ prefix: { tag: { valeu: 'x' } } }, 'query.prefix.tag: unknown key [valeu], did you mean [value]?'],
    [
      { prefix: { tag: { value: 'x', rewrite: 'x' } } },
      'query.prefix.tag: key [rewrite] is not supported by this version',
    ],
    [{ wildcard: { tag: 'x'.repeat(1025) } }, 'query.wildcard.tag: 1025 characters, at most 1024 are allowed'],
    [
      { regexp: { tag: { value: '(a' } } },
      'query.regexp.tag.value: regular expression [(a]: [(] is not closed at character 0',
    ],
    [
      { regexp: { tag: { value: 'a', flags: 'NONE' } } },
      'query.regexp.tag.flags: only [ALL] is supported by this version',
    ],
    [
      { boosting: { positive: { match_all: {} } } },
      'query.boosting.negative_boost: expected a number of at least 0, got nothing',
    ],
    [
      { function_score: { functions: [{ filter: { match_all: {} } }] } },
      'query.function_score.functions[0]: a function is missing',
    ],
    [
      { function_score: { functions: [], weight: 1 } },
      'query.function_score.functions: takes a function or [functions], not both',
    ],
    [
      { function_score: { random_score: {}, gauss: { a: { scale: 1 } } } },
      'query.function_score: takes one function, got [random_score] and [gauss]',
    ],
    [
      { function_score: { script_score: {} } },
      'query.function_score: key [script_score] is not supported by this version',
    ],
    [
      { function_score: { gauss: { a: { scale: 1, decay: 1 } } } },
      'query.function_score.gauss.a.decay: expected a number between 0 and 1, got 1',
    ],
    [
      { function_score: { gauss: { a: { scale: 1 }, b: { scale: 1 } } } },
      'query.function_score.gauss: takes one field, got [a] and [b]',
    ],
    [
      { function_score: { random_score: { field: '_seq_no' } } },
      'query.function_score.random_score.field: only [_id] is supported by this version',
    ],
    [
      { multi_match: { query: 'x', fields: ['a^b'] } },
      /^query\.multi_match\.fields\[0\]: expected a field name, or one with a boost/,
    ],
    [{ multi_match: { fields: ['a'] } }, 'query.multi_match.query: expected the text to search for, got nothing'],
    [{ term: { tag: null } }, 'query.term.tag: expected a string, a number or a boolean, got null'],
    [{ term: { tag: ['x'] } }, 'query.term.tag: expected a string, a number or a boolean, got a list'],
    [{ terms: { tag: 'x' } }, 'query.terms.tag: expected a list of values, got "x"'],
    [{ terms: { tag: ['x', {}] } }, 'query.terms.tag[1]: expected a string, a number or a boolean, got an object'],
    [{ terms: { boost: 2 } }, 'query.terms: no field name'],
    [{ range: { year: 5 } }, 'query.range.year: expected an object, got 5'],
    [{ range: { year: { gt: 1, gte: 2 } } }, 'query.range.year: takes [gte] or [gt], not both'],
    [
      { range: { year: { gte: 1, relation: 'within' } } },
      'query.range.year: key [relation] is not supported by this version',
    ],
    [{ range: { year: { get: 1 } } }, 'query.range.year: unknown key [get], did you mean [gte]?'],
    [{ ids: { values: [true] } }, 'query.ids.values[0]: expected an id, got true'],
    [{ exists: {} }, 'query.exists.field: expected a field name, got nothing'],
    [{ bool: { muts: [] } }, 'query.bool: unknown key [muts], did you mean [must]?'],
    [
      { bool: { must: [{ match_all: {} }, { tem: {} }] } },
      'query.bool.must[1]: unknown query [tem], did you mean [term]?',
    ],
    [{ bool: { must: 'x' } }, 'query.bool.must: expected a query object, got "x"'],
    [{ constant_score: {} }, 'query.constant_score.filter: expected a query object, got nothing'],
    [{ dis_max: { queries: [] } }, 'query.dis_max.queries: requires at least one query'],
    [nested(65), /queries nest deeper than 64 levels/],
    [
      { bool: { should: Array.from({ length: 1024 }, () => ({ match_all: {} })) } },
      'query.bool.should[1023]: too many clauses, at most 1024 are allowed',
    ],
  ];
  for (const [query, message] of table) assertFault(() => parse(query), 'PARSING_FAILED', message);
});

test('an error carries its path and what was expected', () => {
  const fault = faultOf(() => parse({ bool: { filter: { term: { tag: null } } } }));
  assert.equal(fault.details, { path: 'query.bool.filter.term.tag', expected: 'a string, a number or a boolean' });
});

test('63 levels and a leaf are allowed', () => {
  assert.not.throws(() => parse(nested(63)));
});

test.run();
