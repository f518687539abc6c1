import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Line, linesOf, MAX_LINE_BYTES } from '../../../../actors/cli/load/lines.ts';
import { documentsOf, type SourceItem } from '../../../../actors/cli/load/source.ts';

const test = suite('actors/cli/load/source');

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function linesIn(text: string, size: number): Promise<Line[]> {
  return collect(linesOf(chunksOf(Buffer.from(text), size)));
}

async function itemsIn(text: string | Uint8Array, idField = 'id'): Promise<SourceItem[]> {
  return collect(documentsOf(linesOf(chunksOf(Buffer.from(text), 16)), idField, Buffer.byteLength(text)));
}

test('lines are the same whatever the size of the chunks', async () => {
  const text = 'one\r\n\nthree é\nfour';
  for (let size = 1; size < 20; size++) {
    const lines = await linesIn(text, size);
    assert.equal(
      lines.map(({ number, bytes, endByte }) => [number, Buffer.from(bytes).toString(), endByte]),
      [
        [1, 'one', 5],
        [2, '', 6],
        [3, 'three é', 15],
        [4, 'four', 19],
      ],
    );
  }
});

test('a line without end does not fill the memory', async () => {
  const piece = Buffer.alloc(1024 * 1024, 97);
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 40; count++) yield piece;
    yield Buffer.from('\n{"id":1}\n');
  }
  const lines = await collect(linesOf(endless()));
  assert.equal(
    lines.map(({ bytes }) => bytes.length),
    [MAX_LINE_BYTES + 1, 8],
  );
  const [first] = await collect(documentsOf(linesOf(endless()), 'id', undefined));
  assert.match(first !== undefined && 'error' in first ? first.error : '', /longer than/);
});

test('documents have their ids, and blank lines are none', async () => {
  const items = await itemsIn('{"id":"a","x":1}\n\n  \n{"id":7}\n{"x":2}\n{"id":null}');
  assert.equal(
    items.map((item) => ('id' in item ? [item.line, item.id] : item)),
    [
      [1, 'a'],
      [4, '7'],
      [5, undefined],
      [6, undefined],
    ],
  );
  const [other] = await itemsIn('{"key":"k"}', 'key');
  assert.is(other !== undefined && 'id' in other ? other.id : '', 'k');
});

test('a byte order mark at the beginning is no fault', async () => {
  const [item] = await itemsIn('\ufeff{"id":"a"}');
  assert.is(item !== undefined && 'id' in item ? item.id : '', 'a');
});

test('what is no document says why', async () => {
  const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ['{"a":', /^not JSON: /],
    ['[1]', /^not a JSON object$/],
    ['"text"', /^not a JSON object$/],
    ['null', /^not a JSON object$/],
    ['{"id":{}}', /^field `id` is no id/],
    ['{"id":""}', /^field `id` is no id/],
    [Uint8Array.of(0x7b, 0xff, 0x7d), /^the line is not UTF-8$/],
  ];
  for (const [text, reason] of cases) {
    const [item] = await itemsIn(text);
    assert.match(item !== undefined && 'error' in item ? item.error : 'no error', reason);
  }
});

test('the share of the source that was read ends at 1', async () => {
  const items = await itemsIn('{"id":1}\n{"id":2}\n');
  assert.equal(
    items.map(({ share }) => share),
    [0.5, 1],
  );
});

test.run();
