import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSynset, SYNSETS, wordnet } from '../../../actors/demo/wordnet.ts';

const test = suite('actors/demo/wordnet');

test('a synset is read with its words, gloss and examples', () => {
  const line =
    '00005260 00 s 02 galore(ip) many_a 0 001 & 00005107 a 0000 | in great numbers; "daisies galore"; "many a day"  ';
  assert.equal(parseSynset(line.replace('galore(ip) many_a 0', 'galore(ip) 0 many_a 0')), {
    id: 's00005260',
    title: 'galore, many a',
    words: ['galore', 'many a'],
    text: 'in great numbers',
    examples: ['daisies galore', 'many a day'],
    pos: 'adjective',
    lexfile: 0,
  });
  assert.is(parseSynset('  1 This software and database is being provided to you'), undefined);
});

test('all of WordNet is read, each synset under its own id', async () => {
  const ids = new Set<string>();
  let last = 0;
  for await (const item of wordnet()) {
    assert.ok('id' in item && item.id !== undefined);
    ids.add(item.id);
    last = item.share ?? 0;
  }
  assert.is(ids.size, SYNSETS);
  assert.is(last, 1);
});

test.run();
