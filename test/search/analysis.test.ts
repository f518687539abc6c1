/** Analysis of an index: from the request that creates it to what its documents are found by. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mappingToJson } from '../../src/search/parse-mappings.ts';
import { parseIndexCreate, parseIndexUpdate, searchSettings } from '../../src/search/request/index-request.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import { searchShard } from '../../src/search/shard-search.ts';
import { initialAnalysis, initialMappings } from '../../src/search/state.ts';
import { assertFault } from './faults.ts';
import { ShardDriver, sharedOf } from './shard-driver.ts';

const test = suite('search/analysis');

const ANALYSIS = {
  analyzer: {
    default: { type: 'english' },
    folded: { tokenizer: 'standard', filter: ['lowercase', 'asciifolding'] },
    prefixes: { tokenizer: 'standard', filter: ['lowercase', 'front'] },
  },
  filter: { front: { type: 'edge_ngram', min_gram: 1, max_gram: 5 } },
};
const MAPPINGS = {
  properties: {
    name: { type: 'text', analyzer: 'prefixes', search_analyzer: 'standard', position_increment_gap: 0 },
    city: {
      type: 'text',
      analyzer: 'folded',
      index_options: 'offsets',
      fields: { en: { type: 'text', analyzer: 'english' } },
    },
    tag: { type: 'keyword', null_value: 'none' },
    year: { type: 'long', null_value: '1900' },
  },
};

test('analysis settings are taken nested, dotted and inside `index`', () => {
  for (const settings of [
    { analysis: ANALYSIS },
    { index: { analysis: ANALYSIS } },
    { 'index.analysis': ANALYSIS },
    { analysis: { analyzer: ANALYSIS.analyzer }, 'analysis.filter': ANALYSIS.filter },
    {
      index: { 'analysis.filter.front': ANALYSIS.filter.front, analysis: { analyzer: ANALYSIS.analyzer } },
    },
  ]) {
    assert.equal(parseIndexCreate({ settings }).analysis, ANALYSIS, JSON.stringify(settings));
  }
  assert.is(parseIndexCreate({}).analysis, undefined);
});

test('they go to the actor with its settings, and mappings keep what fields say', () => {
  const create = parseIndexCreate({ settings: { analysis: ANALYSIS }, mappings: MAPPINGS });
  const settings = searchSettings(create);
  assert.equal(initialAnalysis(settings), ANALYSIS);
  assert.equal(initialMappings(settings), create.mappings);
  assert.equal(mappingToJson(create.mappings)['properties'], MAPPINGS.properties);
});

test('an analyzer that is not there is refused when the index is made', () => {
  const mappings = { properties: { a: { type: 'text', fields: { b: { type: 'text', analyzer: 'foldd' } } } } };
  assertFault(
    () => parseIndexCreate({ settings: { analysis: ANALYSIS }, mappings }),
    'MAPPING_FAILED',
    'failed to parse mapping of [a.b]: analyzer [foldd] is not known, did you mean [folded]?',
  );
  assertFault(
    () => parseIndexCreate({ settings: { analysis: { filter: { x: { type: 'stp' } } } } }),
    'BAD_REQUEST',
    'settings.analysis: filter [x]: type [stp] is not known, did you mean [stop]?',
  );
  assertFault(
    () => parseIndexCreate({ settings: { analysis: 5 } }),
    'PARSING_FAILED',
    'settings.analysis: expected an object of analysis settings, got 5',
  );
  assertFault(
    () => parseIndexUpdate({ settings: { analysis: ANALYSIS } }),
    'BAD_REQUEST',
    "settings: can't update non dynamic settings [analysis]",
  );
});

test('fields are searched and highlighted by their analyzers', () => {
  const settings = searchSettings(parseIndexCreate({ settings: { analysis: ANALYSIS }, mappings: MAPPINGS }));
  const shard = new ShardDriver(sharedOf(settings), settings);
  const docs = {
    1: { name: 'Melville', city: 'Besançon. It is old.', note: 'The whales were swimming', tag: null, year: null },
    2: { name: 'Mel Brooks', city: 'Boston streets', tag: ['x', null] },
  };
  for (const [id, doc] of Object.entries(docs)) shard.write({ op: 'index', id, doc });
  const found = (query: unknown): readonly string[] =>
    searchShard(shard.primary, { request: parseSearch({ query }), sources: false }).ids.toSorted();
  const table: readonly (readonly [unknown, readonly string[]])[] = [
    [{ match: { name: 'melvi' } }, ['1']],
    [{ match: { name: 'mel' } }, ['1', '2']],
    [{ match: { name: 'melville' } }, []],
    [{ match: { city: 'BESANCON' } }, ['1']],
    [{ match: { 'city.en': 'street' } }, ['2']],
    [{ match: { city: 'street' } }, []],
    [{ match: { note: 'a whale swims' } }, ['1']],
    [{ term: { tag: 'none' } }, ['1', '2']],
    [{ range: { year: { lt: 1901 } } }, ['1']],
  ];
  for (const [query, ids] of table) assert.equal(found(query), ids, JSON.stringify(query));
  const highlight = { fields: { city: {}, note: { number_of_fragments: 0 } } };
  const request = parseSearch({
    query: { multi_match: { query: 'besancon swim', fields: ['city', 'note'] } },
    highlight,
  });
  assert.equal(searchShard(shard.primary, { request, sources: true }).fetched?.[0]?.highlight, {
    city: ['<em>Besançon</em>. It is old.'],
    note: ['The whales were <em>swimming</em>'],
  });
});

test('a highlight may look for something else than the search', () => {
  const shard = new ShardDriver(sharedOf());
  shard.write({ op: 'index', id: '1', doc: { a: 'one two. Three <four>.' } });
  const highlight = {
    encoder: 'html',
    fields: { a: { highlight_query: { match_phrase: { a: 'three four' } }, fragment_size: 20 } },
  };
  const request = parseSearch({ query: { match: { a: 'one' } }, highlight });
  assert.equal(searchShard(shard.primary, { request, sources: true }).fetched?.[0]?.highlight, {
    a: ['<em>Three</em> &lt;<em>four</em>&gt;.'],
  });
});

test.run();
