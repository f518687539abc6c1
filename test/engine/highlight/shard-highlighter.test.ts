/** Highlighting through an engine: fields that keep offsets show the same as those whose texts are analysed again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HIGHLIGHT_DEFAULTS } from '../../../src/engine/highlight/highlight-options.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import { createEngine, type ShardEngine } from '../../../src/engine/shard-engine.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/highlight/shard-highlighter');

const WHOLE = { ...HIGHLIGHT_DEFAULTS, fragments: 0 };
const SCHEMA = {
  kept: { type: 'text', analyzer: 'english', offsets: true },
  plain: { type: 'text', analyzer: 'english' },
  tag: 'keyword',
  year: 'long',
} as const;

test('offsets of postings and analysing again mark the same, in the head and in segments', () => {
  const seed = 41;
  const random = new Seeded(seed);
  const engine = createEngine({ schema: SCHEMA });
  const words = ['the', 'Foxes', 'running', 'dog', "dog's", 'of', 'Whale', 'été', '😀', 'run', 'fox.'];
  const documents = random.list(60, () =>
    random.list(1 + random.below(3), () => random.list(random.below(12), () => random.pick(words)).join(' ')),
  );
  documents.forEach((texts, i) => put(engine, i, { kept: texts, plain: texts }));
  for (const id of ['3', '17']) engine.delete(id);
  for (const segments of [false, true]) {
    if (segments) engine.forceMerge(1);
    for (let round = 0; round < 60; round++) {
      const query = randomQuery(random, words);
      const marks = (['kept', 'plain'] as const).map((field) => {
        const highlighter = engine.highlighter(query(field));
        return documents.map((texts, i) => highlighter.highlight({ field, id: String(i), texts }, WHOLE));
      });
      const gone = new Set([3, 17]);
      const [kept = [], plain = []] = marks.map((list) => list.filter((_, i) => !gone.has(i)));
      assert.equal(kept, plain, `${JSON.stringify(query('kept'))}, seed ${seed}, segments ${segments}`);
    }
  }
  engine.close();
});

test('every kind of query marks what it looks for', () => {
  const engine = createEngine({ schema: SCHEMA });
  const texts = ['The quick foxes ran; a fox is quick. Whales run!'];
  put(engine, 0, { kept: texts, plain: texts, tag: ['Red Fox'], year: [1851] });
  const table: readonly (readonly [Query, string])[] = [
    [{ kind: 'match', field: 'plain', text: 'fox the' }, 'The quick [foxes] ran; a [fox] is quick. Whales run!'],
    [{ kind: 'phrase', field: 'plain', text: 'quick fox' }, 'The [quick] [foxes] ran; a fox is quick. Whales run!'],
    [
      { kind: 'phrase', field: 'plain', text: 'a fox is quick' },
      'The quick foxes ran; a [fox] is [quick]. Whales run!',
    ],
    [{ kind: 'prefix', field: 'plain', value: 'qu' }, 'The [quick] foxes ran; a fox is [quick]. Whales run!'],
    [{ kind: 'wildcard', field: 'plain', pattern: 'wh*le' }, 'The quick foxes ran; a fox is quick. [Whales] run!'],
    [{ kind: 'regexp', field: 'plain', pattern: 'r.n' }, 'The quick foxes [ran]; a fox is quick. Whales [run]!'],
    [
      { kind: 'fuzzy', field: 'plain', value: 'whalr', fuzziness: 1 },
      'The quick foxes ran; a fox is quick. [Whales] run!',
    ],
    [
      { kind: 'terms', field: 'plain', values: ['ran', 'whale'] },
      'The quick foxes [ran]; a fox is quick. [Whales] run!',
    ],
    [
      {
        kind: 'bool',
        must: [{ kind: 'term', field: 'plain', value: 'ran' }],
        mustNot: [{ kind: 'term', field: 'plain', value: 'fox' }],
        filter: [{ kind: 'constantScore', filter: { kind: 'term', field: 'plain', value: 'whale' } }],
      },
      'The quick foxes [ran]; a fox is quick. [Whales] run!',
    ],
    [{ kind: 'matchAll' }, ''],
    [{ kind: 'term', field: 'tag', value: 'Red Fox' }, ''],
  ];
  for (const [query, expected] of table) {
    const [passage = ''] = engine.highlighter(query).highlight({ field: 'plain', id: '0', texts }, WHOLE);
    assert.is(passage.replaceAll(/<em>(.*?)<\/em>/g, '[$1]'), expected, JSON.stringify(query));
  }
  const byTag = engine.highlighter({ kind: 'prefix', field: 'tag', value: 'Red' });
  assert.equal(byTag.highlight({ field: 'tag', id: '0', texts: ['Red Fox'] }, WHOLE), ['<em>Red Fox</em>']);
  assert.equal(byTag.highlight({ field: 'year', id: '0', texts: ['1851'] }, WHOLE), []);
  assert.equal(byTag.highlight({ field: 'nothing', id: '0', texts: ['x'] }, WHOLE), []);
  engine.close();
});

test('texts that are not those that were indexed are analysed', () => {
  const engine = createEngine({ schema: SCHEMA });
  put(engine, 0, { kept: ['a fox and a fox'] });
  const highlighter = engine.highlighter({ kind: 'term', field: 'kept', value: 'fox' });
  assert.equal(highlighter.highlight({ field: 'kept', id: '0', texts: ['fox'] }, WHOLE), ['<em>fox</em>']);
  assert.equal(highlighter.highlight({ field: 'kept', id: 'other', texts: ['a fox'] }, WHOLE), ['a <em>fox</em>']);
  engine.close();
});

test.run();

function put(engine: ShardEngine, i: number, fields: Readonly<Record<string, readonly (string | number)[]>>): void {
  engine.put({ id: String(i), source: {}, fields, version: 1, seqNo: i, primaryTerm: 1, position: i });
}

function randomQuery(random: Seeded, words: readonly string[]): (field: string) => Query {
  const text = random.list(1 + random.below(3), () => random.pick(words)).join(' ');
  const slop = random.below(3);
  const isPhrase = random.chance(0.6);
  return (field) => (isPhrase ? { kind: 'phrase', field, text, slop } : { kind: 'match', field, text });
}
