import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shellWord } from '../../actors/shell-word.ts';

const test = suite('actors/shell-word');

test('a plain path stays as it is', () => {
  for (const word of ['.coppice', '/var/lib/a-b_c.d', 'x=1,y@z:%+']) assert.is(shellWord(word), word);
});

test('a shell reads back whatever was written', () => {
  for (const word of ['a b', "it's", '$HOME', '*', '~', '', 'a"b', 'a\nb', '!x', 'ü'])
    assert.is(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }), word);
});

test.run();
