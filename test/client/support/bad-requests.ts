/** Requests that are wrong, each with the refusal that is due: what is asked of which address, and what comes back. */

/** What a refusal must look like: status, public type, and what its reason says. */
export type Refusal = readonly [status: number, type: string, reason: RegExp];
/** What is wrong, `<action>.<index>` or `<group>.<endpoint>`, the body, and the refusal. */
export type Case = readonly [what: string, address: string, body: unknown, refusal: Refusal];

/** A refusal with status 400. */
export const parsing = (reason: RegExp): Refusal => [400, 'parsing_exception', reason];
/** A refusal with status 400. */
export const argument = (reason: RegExp): Refusal => [400, 'illegal_argument_exception', reason];
/** A refusal with status 400. */
export const mapping = (reason: RegExp): Refusal => [400, 'document_parsing_exception', reason];
const badName: Refusal = [400, 'invalid_index_name_exception', /invalid index name .*use lower-case letters/];
const nested = (levels: number, inner: unknown = 1): unknown =>
  Array.from({ length: levels }).reduce((value) => ({ a: value }), inner);
const nestedBool = (levels: number): unknown =>
  Array.from({ length: levels }).reduce((query) => ({ bool: { must: [query] } }), { match_all: {} });

const NAMES: readonly Case[] = [
  [
    'an index that is not there',
    'search.harbour',
    {},
    [404, 'index_not_found_exception', /no index or group `harbour`/],
  ],
  ['one that is nearly there', 'get.bokos', { id: '1' }, [404, 'index_not_found_exception', /did you mean `books`\?/]],
  [
    'an unknown action',
    'serch.books',
    {},
    [400, 'unknown_action_exception', /no action `serch`; did you mean `search`\?/],
  ],
  ['one that is close to none', 'zzz.books', {}, [400, 'unknown_action_exception', /known are search, msearch, /]],
  ['an action of every object', 'constructor.books', {}, [400, 'unknown_action_exception', /no action `constructor`/]],
  ['upper case', 'search.Books', {}, badName],
  ['a dot in front', 'index-create.=books', {}, badName],
  ['a dot at the end', 'index-create.books=', {}, badName],
  ['two dots', 'index-create.a==b', {}, badName],
  ['an underscore in front', 'index-create._books', {}, badName],
  ['a slash', 'index-create.bo/oks', {}, badName],
  ['no ASCII', 'index-create.bücher', {}, badName],
  ['a name of every object', 'search.constructor', {}, [404, 'index_not_found_exception', /`constructor`/]],
  [
    '200 characters',
    `index-create.${'a'.repeat(200)}`,
    {},
    [400, 'invalid_index_name_exception', /200 characters long, 128/],
  ],
  ['no index where one is needed', 'search._', {}, argument(/`search` needs the name of an index/)],
  ['an index where none is', 'cluster-health.books', {}, argument(/is about no index: use `_`/)],
  [
    'an index that exists',
    'index-create.books',
    {},
    [400, 'resource_already_exists_exception', /`books` exists already/],
  ],
];

const INDICES: readonly Case[] = [
  [
    'a misspelt key',
    'index-create.x',
    { setings: {} },
    parsing(/unknown key \[setings\], did you mean \[settings\]\?/),
  ],
  [
    'shards below 1',
    'index-create.x',
    { settings: { shards: -1 } },
    parsing(/settings\.shards: expected an integer from 1 to 1024, got -1/),
  ],
  ['a billion shards', 'index-create.x', { settings: { shards: 1e9 } }, parsing(/settings\.shards: expected/)],
  [
    'a number in words',
    'index-create.x',
    { settings: { replicas: 'many' } },
    parsing(/settings\.replicas: .* got "many"/),
  ],
  [
    'an unknown setting',
    'index-create.x',
    { settings: { shard: 1 } },
    parsing(/unknown setting \[shard\], did you mean \[shards\]\?/),
  ],
  [
    'an unknown type',
    'index-create.x',
    { mappings: { properties: { a: { type: 'txt' } } } },
    mapping(/mappings\.properties\.a: unknown type \[txt\], did you mean \[text\]\?/),
  ],
  [
    'a type of later',
    'index-create.x',
    { mappings: { properties: { a: { type: 'nested' } } } },
    mapping(/not supported by this version/),
  ],
  [
    'shards changed later',
    'index-update.books',
    { settings: { shards: 3 } },
    argument(/can't update non dynamic settings/),
  ],
  [
    'a field that changes its type',
    'index-update.books',
    { properties: { year: { type: 'text' } } },
    argument(/mapper \[year\] cannot be changed from type \[long\] to \[text\]/),
  ],
];

const DOCUMENT_CASES: readonly Case[] = [
  [
    'a year in words',
    'index.books',
    { id: '1', doc: { year: 'soon' } },
    mapping(/field \[year\] of type \[long\]: got "soon"/),
  ],
  [
    'a price as object',
    'index.books',
    { id: '1', doc: { price: { eur: 1 } } },
    mapping(/\[price\] of type \[double\]: got an object/),
  ],
  [
    'a boolean in words',
    'index.books',
    { id: '1', doc: { open: 'maybe' } },
    mapping(/field \[open\] of type \[boolean\]/),
  ],
  ['a date that is none', 'index.books', { id: '1', doc: { at: 'never' } }, mapping(/field \[at\] of type \[date\]/)],
  [
    'a field that strict mappings lack',
    'index.strict',
    { id: '1', doc: { yaer: 1 } },
    mapping(/strict, dynamic introduction of \[yaer\]/),
  ],
  ['a list', 'index.books', { id: '1', doc: [1] }, mapping(/must be an object, got a list/)],
  ['no document', 'index.books', { id: '1' }, parsing(/doc: expected a document, got nothing/)],
  ['a misspelt key', 'index.books', { id: '1', dok: {} }, parsing(/unknown key \[dok\], did you mean \[doc\]\?/)],
  ['an empty id', 'index.books', { id: '', doc: {} }, argument(/must not be empty/)],
  [
    'an id of 600 bytes',
    'index.books',
    { id: 'x'.repeat(600), doc: {} },
    argument(/no longer than 512 bytes but was: 600/),
  ],
  ['an id that is an object', 'get.books', { id: {} }, argument(/an id must be a string, got an object/)],
  ['a metadata field', 'index.books', { id: '1', doc: { _id: 3 } }, mapping(/\[_id\] is a metadata field/)],
  ['a field without a name', 'index.books', { id: '1', doc: { '': 3 } }, mapping(/field name cannot be empty/)],
  ['a path with a hole', 'index.books', { id: '1', doc: { 'a..b': 3 } }, mapping(/field name cannot be empty/)],
  ['objects 30 deep', 'index.books', { id: '1', doc: nested(30) }, mapping(/limit of mapping depth \[20\]/)],
  ['objects 100 deep', 'index.books', { id: '1', doc: nested(100) }, mapping(/nests deeper than 64 levels/)],
  ['objects 500 deep', 'index.books', { id: '1', doc: nested(500) }, parsing(/nested deeper than 128 levels/)],
  [
    'more fields than an index may have',
    'index.books',
    { id: '1', doc: Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`f${at}`, at])) },
    mapping(/limit of total fields \[1000\]/),
  ],
  [
    'half a condition',
    'index.books',
    { id: 'b1', doc: {}, if_seq_no: 1 },
    argument(/if_seq_no and if_primary_term go together/),
  ],
  [
    'a negative condition',
    'index.books',
    { id: 'b1', doc: {}, if_seq_no: -1, if_primary_term: 1 },
    parsing(/if_seq_no: expected an integer of at least 0/),
  ],
  [
    'a document that exists',
    'create.books',
    { id: 'b1', doc: {} },
    [409, 'version_conflict_engine_exception', /document already exists/],
  ],
  [
    'an old version',
    'index.books',
    { id: 'b1', doc: {}, if_seq_no: 999, if_primary_term: 1 },
    [409, 'version_conflict_engine_exception', /required seqNo \[999\]/],
  ],
  [
    'an update of nothing',
    'update.books',
    { id: 'nobody', doc: { year: 1 } },
    [404, 'document_missing_exception', /\[nobody\]: document missing/],
  ],
  ['an update without a change', 'update.books', { id: 'b1' }, parsing(/doc: expected a partial document/)],
  ['a script', 'update.books', { id: 'b1', script: {} }, parsing(/key \[script\] is not supported by this version/)],
  ['a delete without an id', 'delete.books', {}, parsing(/id: expected the id of a document/)],
  ['a bulk without operations', 'bulk.books', { operations: [] }, parsing(/at least one operation/)],
  ['a bulk of one object', 'bulk.books', { operations: {} }, parsing(/operations: expected a list/)],
  [
    'a bulk with an unknown action',
    'bulk.books',
    { operations: [{ inde: {} }, {}] },
    parsing(/operations\[0\]: unknown action \[inde\], did you mean \[index\]\?/),
  ],
  [
    'a bulk that ends too early',
    'bulk.books',
    { operations: [{ index: {} }] },
    parsing(/operations\[0\]: \[index\] is the last line/),
  ],
  ['an mget of nothing', 'mget.books', {}, parsing(/expected \[ids\] or \[docs\]/)],
  ['an mget without an index', 'mget._', { ids: ['1'] }, argument(/ids\[0\]: an index is missing/)],
];

const QUERIES: readonly Case[] = [
  [
    'a misspelt query',
    'search.books',
    { query: { mach: { title: 'x' } } },
    parsing(/query: unknown query \[mach\], did you mean \[match\]\?/),
  ],
  ['a misspelt key', 'search.books', { qury: {} }, parsing(/unknown key \[qury\], did you mean \[query\]\?/)],
  [
    'a misspelt option',
    'search.books',
    { query: { match: { title: { quer: 'x' } } } },
    parsing(/query\.match\.title: unknown key \[quer\], did you mean \[query\]\?/),
  ],
  [
    'one deep inside',
    'search.books',
    { query: { bool: { should: [{ match_all: {} }, { rnge: {} }] } } },
    parsing(/query\.bool\.should\[1\]: unknown query \[rnge\], did you mean \[range\]\?/),
  ],
  [
    'a word for a query',
    'search.books',
    { query: { match: 'x' } },
    parsing(/query\.match: expected an object with a field name, got "x"/),
  ],
  ['a list for a query', 'search.books', { query: [] }, parsing(/query: expected a query object, got a list/)],
  ['a list for a body', 'search.books', [], parsing(/body: expected an object, got a list/)],
  [
    'two queries in one',
    'search.books',
    { query: { match: { title: 'a' }, term: { year: 3 } } },
    parsing(/combine queries with \[bool\]/),
  ],
  [
    'an unknown bound',
    'search.books',
    { query: { range: { year: { gtt: 1 } } } },
    parsing(/query\.range\.year: unknown key \[gtt\]/),
  ],
  [
    'an object for a bound',
    'search.books',
    { query: { range: { year: { gt: {} } } } },
    parsing(/query\.range\.year\.gt: expected .* got an object/),
  ],
  [
    'a word for a number',
    'search.books',
    { query: { term: { year: 'abc' } } },
    argument(/field \[year\] of type \[long\] cannot be compared with \["abc"\]/),
  ],
  ['a query of every object', 'search.books', { query: { constructor: {} } }, parsing(/unknown query \[constructor\]/)],
  ['a query 300 deep', 'search.books', { query: nestedBool(300) }, parsing(/nested deeper than 128 levels/)],
  [
    '10,000 clauses',
    'search.books',
    { query: { bool: { should: Array.from({ length: 10_000 }, () => ({ match_all: {} })) } } },
    parsing(/too many clauses, at most 1024/),
  ],
  [
    '100,000 terms',
    'search.books',
    { query: { terms: { tag: Array.from({ length: 100_000 }, (_, at) => at) } } },
    parsing(/at most 65536/),
  ],
  ['a negative size', 'search.books', { size: -1 }, parsing(/size: expected an integer of at least 0, got -1/)],
  ['a huge size', 'search.books', { size: 1e9 }, argument(/result window is too large/)],
  ['a huge from', 'search.books', { from: 9_999, size: 10 }, argument(/result window is too large.*\[10009\]/)],
  ['half a hit', 'search.books', { size: 1.5 }, parsing(/size: expected an integer/)],
  ['a sort by no field', 'search.books', { sort: ['yer'] }, argument(/no mapping found for \[yer\]/)],
  ['a sort by text', 'search.books', { sort: 'title' }, argument(/\[title\] of type \[text\] cannot be sorted by/)],
  [
    'a direction that is none',
    'search.books',
    { sort: [{ year: 'up' }] },
    parsing(/sort\[0\]\.year: expected one of \[asc, desc\]/),
  ],
  ['a search type that is none', 'search.books', { search_type: 'dfs' }, parsing(/search_type: expected one of/)],
  [
    'a timeout that is none',
    'search.books',
    { timeout: 'soon' },
    parsing(/timeout: expected a duration such as "500ms"/),
  ],
  ['a token that is none', 'search.books', { after: { x: 1 } }, parsing(/after\.x: expected a shard number as key/)],
  ['what comes later', 'search.books', { knn: {} }, parsing(/key \[knn\] is not supported by this version/)],
  ['a count with a size', 'count.books', { size: 3 }, parsing(/unknown key \[size\]/)],
  [
    'searches without a header',
    'msearch._',
    { searches: [{}, {}] },
    parsing(/searches\[0\]\.index: expected the name of an index/),
  ],
  [
    'a key of every object',
    'search.books',
    JSON.parse('{"__proto__":{"size":1}}'),
    parsing(/unknown key \[__proto__\]/),
  ],
];

const CALLS: readonly Case[] = [
  [
    'an unknown endpoint',
    'books.serch',
    {},
    [404, 'unknown_endpoint_exception', /no endpoint `serch`; did you mean `search`\?/],
  ],
  ['an unknown group', 'boks.count', {}, [404, 'index_not_found_exception', /did you mean `books`\?/]],
  ['a body without its key', 'books.get', {}, argument(/the body has no `routing`/)],
  ['a body of the wrong shape', 'books.count', { query: 5 }, argument(/query: /)],
  ['an endpoint of every object', 'books.constructor', {}, [404, 'unknown_endpoint_exception', /`constructor`/]],
];

/** All of them, by the prefix of their subjects. */
export const BAD_REQUESTS: Readonly<Record<string, readonly Case[]>> = {
  'coppice.api': [...NAMES, ...INDICES, ...DOCUMENT_CASES, ...QUERIES],
  'coppice.call': CALLS,
};
