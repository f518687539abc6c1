/** Character filters: what they make of a text, and that offsets point into the text as it was. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAnalyzers } from '../../../../src/engine/analysis/analyzers.ts';
import { Seeded } from '../../../support/seeded.ts';

const test = suite('engine/analysis/chain/char-filters');
const analyzers = createAnalyzers();

test('HTML is taken off, and words keep to their places', () => {
  const table: readonly (readonly [string, string])[] = [
    ['<p>I&apos;m so <b>happy</b>!</p>', "I'm=I&apos;m so=so happy=happy"],
    ['<p>one</p><p>two</p>in<i>li</i>ne', 'one=one two=two inline=in<i>li</i>ne'],
    ['a<br>b<br/>c<td>d', 'a=a b=b c=c d=d'],
    ['x <script>var a = "<b>";</script> y <style>p{}</style> z', 'x=x y=y z=z'],
    ['x <script>never closed <b>y</b>', 'x=x'],
    ['a <!-- <b>no</b> --> b <!DOCTYPE html> c <?php x ?> d', 'a=a b=b c=c d=d'],
    ['<![CDATA[in <b>side</b>]]> out', 'in=in side=side out=out'],
    ['&eacute;t&#233; &#xE9; &Eacute; &unknown; &amp', 'été=&eacute;t&#233; é=&#xE9; É=&Eacute; unknown=unknown'],
    ['3 < 4 and a<5 > 4 b<c', '3=3 4=4 and=and a=a 5=5 4=4 b=b c=c'],
    ['<a href="x>y" title=\'<b>\'>link</a>', 'link=link'],
    ['<a href="never closed>link</a>', 'link=link'],
    ['fish&nbsp;chips', 'fish=fish chips=chips'],
    ['<', ''],
    ['&', ''],
    ['', ''],
  ];
  for (const [text, expected] of table) assert.is(placed('html_strip', text), expected, text);
  assert.is(placed({ type: 'html_strip', escaped_tags: ['b'] }, '<b>x</b><i>y</i>'), 'b=b x=x b=b y=y');
});

test('mappings replace the longest key', () => {
  const filter = {
    type: 'mapping',
    mappings: ['ph => f', 'phh => g', ':) => _happy_', '\\u0020and => ', 'x => \\u0079'],
  };
  assert.is(
    placed(filter, 'alphabet phh :) salt and pepper x'),
    'alfabet=alphabet g=phh _happy_=:) salt=salt pepper=pepper y=x',
  );
});

test('patterns replace, with groups', () => {
  const filter = { type: 'pattern_replace', pattern: '(\\d+)-', replacement: '$1_' };
  assert.is(placed(filter, 'no 123-456-789 end'), 'no=no 123_456_789=123-456-789 end=end');
  assert.is(placed({ type: 'pattern_replace', pattern: '[aeiou]' }, 'fox ran'), 'fx=fox rn=ran');
});

test('filters follow each other, and offsets find the way back through all', () => {
  const filters = [
    'html_strip',
    { type: 'mapping', mappings: ['& => and'] },
    { type: 'pattern_replace', pattern: 'and', replacement: '' },
  ];
  assert.is(placed(filters, '<i>salt</i> &amp; <b>pepper</b>'), 'salt=salt pepper=pepper');
});

test('whatever the markup, offsets lie in the text and never fall', () => {
  const seed = 5;
  const random = new Seeded(seed);
  const pieces = [
    '<b>',
    '</b>',
    '<p',
    '>',
    '<',
    '&amp;',
    '&#',
    ';',
    '"',
    "'",
    '=',
    ' ',
    'word',
    'x',
    '<!--',
    '-->',
    '<script>',
    '</script>',
    '😀',
    'ph',
    ']]>',
  ];
  const analyzer = analyzers.custom({
    tokenizer: 'standard',
    char_filter: ['html_strip', { type: 'mapping', mappings: ['ph => f', 'x => yyy'] }],
  });
  for (let round = 0; round < 3000; round++) {
    const text = random.list(12, () => random.pick(pieces)).join('');
    let last = 0;
    analyzer.analyze(text, (term, _, start, end) => {
      const message = `${JSON.stringify([text, term])}, seed ${seed}`;
      assert.ok(start >= last && end > start && end <= text.length, message);
      last = start;
    });
  }
});

test('broken markup takes time in proportion', () => {
  for (const piece of ['<a ', '<a ="', '<!--', '<script>', '<a =\'x"', '&#', '<![CDATA['])
    placed('html_strip', piece.repeat(50_000));
});

test.run();

/** Terms with the piece of the text that their offsets name. */
function placed(charFilter: unknown, text: string): string {
  const filters: readonly unknown[] = Array.isArray(charFilter) ? charFilter : [charFilter];
  const found: string[] = [];
  const analyzer = analyzers.custom({ tokenizer: 'standard', char_filter: filters });
  analyzer.analyze(text, (term, _, start, end) => found.push(`${term}=${text.slice(start, end)}`));
  return found.join(' ');
}
