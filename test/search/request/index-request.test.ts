import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseIndexCreate, parseIndexUpdate, searchSettings } from '../../../src/search/request/index-request.ts';
import { initialMappings } from '../../../src/search/state.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/index-request');

test("settings are taken plain, dotted, inside `index`, and under Elasticsearch's names", () => {
  const expected = { shards: 3, replicas: 2, mappings: { fields: {} } };
  for (const settings of [
    { shards: 3, replicas: 2 },
    { number_of_shards: '3', number_of_replicas: '2' },
    { index: { number_of_shards: 3, number_of_replicas: 2 } },
    { 'index.number_of_shards': 3, index: { replicas: 2 } },
  ]) {
    assert.equal(parseIndexCreate({ settings }), expected, JSON.stringify(settings));
  }
  assert.equal(parseIndexCreate(undefined), { shards: 1, replicas: 1, mappings: { fields: {} } });
});

test('mappings go to the actor with its settings', () => {
  const create = parseIndexCreate({
    mappings: { dynamic: 'strict', properties: { title: { type: 'text' }, a: { properties: {} } } },
  });
  assert.equal(initialMappings(searchSettings(create)), create.mappings);
  assert.equal(initialMappings(undefined), { fields: {} });
});

test('wrong settings say where and what', () => {
  const table: readonly (readonly [unknown, string | RegExp])[] = [
    [{ settings: { shard: 3 } }, 'settings: unknown setting [shard], did you mean [shards]?'],
    [
      { settings: { number_of_shrads: 3 } },
      'settings: unknown setting [number_of_shrads], did you mean [number_of_shards]?',
    ],
    [{ settings: { refresh_interval: '1s' } }, 'settings: setting [refresh_interval] is not supported by this version'],
    [{ settings: { shards: 0 } }, 'settings.shards: expected an integer from 1 to 1024, got 0'],
    [{ settings: { shards: 1025 } }, 'settings.shards: expected an integer from 1 to 1024, got 1025'],
    [{ settings: { index: { replicas: 10 } } }, 'settings.index.replicas: expected an integer from 0 to 9, got 10'],
    [{ settings: { shards: 1, number_of_shards: 2 } }, 'settings: setting [shards] is given twice'],
    [{ settings: 5 }, 'settings: expected an object of settings, got 5'],
    [{ setings: {} }, 'body: unknown key [setings], did you mean [settings]?'],
    [{ aliases: {} }, 'body: key [aliases] is not supported by this version'],
  ];
  for (const [body, message] of table) assertFault(() => parseIndexCreate(body), 'PARSING_FAILED', message);
});

test('an update adds fields or changes the replicas, never the shards', () => {
  assert.equal(parseIndexUpdate({ settings: { replicas: 2 } }), { replicas: 2 });
  assert.equal(parseIndexUpdate({ properties: { a: { type: 'long' } } }), {
    mappings: { fields: { a: { type: 'long' } } },
  });
  assert.equal(parseIndexUpdate({ mappings: { dynamic: false } }), { mappings: { dynamic: false, fields: {} } });
  assertFault(
    () => parseIndexUpdate({ settings: { shards: 2 } }),
    'BAD_REQUEST',
    "settings: can't update non dynamic settings [number_of_shards]",
  );
  assertFault(() => parseIndexUpdate({ properties: {}, mappings: {} }), 'PARSING_FAILED', /got both$/);
});

test.run();
