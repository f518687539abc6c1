import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MARK, safeText, shorten, showMarks, visibleLength, withoutMarks } from '../../../actors/cli/marked-text.ts';

const test = suite('actors/cli/marked-text');
const mark = (text: string): string => text.replaceAll('[', MARK.open).replaceAll(']', MARK.close);

test('marks become bold on a terminal and stars elsewhere', () => {
  assert.is(showMarks(mark('the [whale]'), false), 'the **whale**');
  assert.is(showMarks(mark('the [whale]'), true), 'the \u001b[1;33mwhale\u001b[0m');
  assert.is(withoutMarks(mark('the [whale]')), 'the whale');
  assert.is(visibleLength(mark('the [whale]')), 9);
});

test('what could steer a terminal is removed, and lines become one', () => {
  assert.is(safeText('a\u001b[31mred\u0007\n  b\u202e\u009bc '), 'a[31mred bc');
});

test('a short text stays as it is', () => {
  assert.is(shorten(mark('the [whale]'), 10), mark('the [whale]'));
});

test('a long text is cut around its first mark, and no mark is left open', () => {
  const text = mark(`${'before '.repeat(20)}[whale] ${'after '.repeat(20)}`);
  const short = shorten(text, 40);
  assert.match(short, /^….*…$/);
  assert.ok(short.includes(mark('[whale]')));
  assert.ok(visibleLength(short) <= 40);
});

test('every cut of every width keeps its marks balanced and its width', () => {
  const text = mark('[one] two [three four] five [six] seven eight [nine]');
  for (let width = 10; width <= 60; width++) {
    const short = shorten(text, width);
    assert.ok(visibleLength(short) <= Math.max(width, 0), `${width}: ${short}`);
    let depth = 0;
    for (const character of short) {
      if (character === MARK.open) depth += 1;
      if (character === MARK.close) depth -= 1;
      assert.ok(depth === 0 || depth === 1, `width ${width}`);
    }
    assert.is(depth, 0, `width ${width}`);
  }
});

test.run();
