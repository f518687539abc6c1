/** Analysis from end to end: an index with analyzers of its own, described, extended, searched and looked at. */
import * as assert from 'uvu/assert';
import { failureOf } from '../support/failure.ts';
import { clusterSuite } from './support/cluster-suite.ts';
import { at } from './support/expect.ts';

const ANALYSIS = { analyzer: { folded: { tokenizer: 'standard', filter: ['lowercase', 'asciifolding'] } } };

const test = clusterSuite('client/analysis', {}, async ({ client }) => {
  await client.request('index-create', 'cities', {
    settings: { shards: 2, replicas: 0, analysis: ANALYSIS },
    mappings: { properties: { name: { type: 'text', analyzer: 'folded' } } },
  });
  await client.request('index', 'cities', { id: '1', doc: { name: 'Besançon' } });
});

test('an index tells how it analyses', async ({ client }) => {
  const described = await client.request('index-get', 'cities');
  assert.equal(at(described, 'cities.settings.index.analysis'), ANALYSIS);
  assert.equal(at(described, 'cities.mappings.properties.name'), { type: 'text', analyzer: 'folded' });
});

test('its analyzers find its documents', async ({ client }) => {
  const found = await client.request('search', 'cities', { query: { match: { name: 'BESANCON' } } });
  assert.is(at(found, 'hits.total.value'), 1);
  const tokens = await client.request('analyze', 'cities', { field: 'name', text: 'Besançon' });
  assert.is(at(tokens, 'tokens.0.token'), 'besancon');
});

test('a field is added with an analyzer of the index, and never with another', async ({ client }) => {
  const added = { properties: { motto: { type: 'text', analyzer: 'folded' } } };
  assert.equal(await client.request('index-update', 'cities', added), { acknowledged: true });
  const unknown = { properties: { song: { type: 'text', analyzer: 'foldd' } } };
  const refused = await failureOf(client.request('index-update', 'cities', unknown));
  assert.match(refused.message, /\[song\]: analyzer \[foldd\] is not known, did you mean \[folded\]\?/);
  const changed = { properties: { name: { type: 'text', analyzer: 'english' } } };
  assert.match(
    (await failureOf(client.request('index-update', 'cities', changed))).message,
    /cannot change its parameter \[analyzer\]/,
  );
});

test('what is built in needs no index, what is not is refused', async ({ client }) => {
  const tokens = await client.request('analyze', '_', { analyzer: 'german', text: 'Häuser' });
  assert.is(at(tokens, 'tokens.0.token'), 'haus');
  const refused = await failureOf(client.request('analyze', '_', { analyzer: 'folded', text: 'x' }));
  assert.match(refused.message, /analyzer \[folded\] is not known/);
  assert.match(
    (await failureOf(client.request('analyze', 'nowhere', { text: 'x' }))).message,
    /no index or group `nowhere`/,
  );
});

test.run();
