import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  compareBytes,
  decodeTerm,
  encodeTerm,
  hashBytes,
  termBytes,
  termRoom,
} from '../../../src/engine/part/term-bytes.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/part/term-bytes');

test('well-formed strings become their UTF-8', () => {
  for (const text of ['', 'a', 'é', '€', '😀', 'aé€😀z', '\u0000', '\u{10ffff}', '\uffff', '\u07ff\u0800']) {
    assert.equal([...termBytes(text)], [...new TextEncoder().encode(text)]);
  }
});

test('every string comes back, lone surrogates included', () => {
  const random = new Seeded(1);
  for (let i = 0; i < 3000; i++) {
    const units = random.list(random.below(8), () =>
      random.pick([97, 0xe9, 0x20ac, 0xd83d, 0xde00, random.below(65536)]),
    );
    const text = String.fromCharCode(...units);
    const bytes = termBytes(text);
    assert.is(decodeTerm(bytes, 0, bytes.length), text);
    const into = new Uint8Array(termRoom(text) + 3);
    const end = encodeTerm(text, into, 3);
    assert.equal([...into.subarray(3, end)], [...bytes]);
    assert.is(hashBytes(into, 3, end), hashBytes(bytes, 0, bytes.length));
  }
});

test('bytes are ordered as code points', () => {
  const random = new Seeded(2);
  const make = () =>
    String.fromCodePoint(...random.list(random.below(4), () => random.pick([97, 98, 0xe9, 0xffff, 0x1f600, 0x10ffff])));
  for (let i = 0; i < 3000; i++) {
    const [a, b] = [make(), make()];
    const [left, right] = [termBytes(a), termBytes(b)];
    const order = compareBytes(left, 0, left.length, right, 0, right.length);
    assert.is(Math.sign(order), Math.sign(Buffer.compare(left, right)), `${a} ${b}`);
  }
});

test('bytes that are no text decode to something', () => {
  const random = new Seeded(3);
  for (let i = 0; i < 3000; i++) {
    const bytes = Uint8Array.from(random.list(random.below(6), () => random.below(256)));
    assert.type(decodeTerm(bytes, 0, bytes.length), 'string');
  }
});

test.run();
