import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writePacked } from '../../../src/engine/segment/packed-writer.ts';
import { PackedValues, type Packing, PackingChooser } from '../../../src/engine/segment/packing.ts';
import { SectionWriter } from '../../../src/engine/segment/section-writer.ts';
import { SECTIONS } from '../../../src/engine/segment/sections.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/segment/packing');

test('numbers take as few bytes as they can', () => {
  const cases: readonly (readonly [readonly number[], Packing['width']])[] = [
    [[], 0],
    [[7, 7, 7], 0],
    [[-5, 250], 1],
    [[0, 256], 1],
    [[0, 1, 256], 2],
    [[86_400_000, 172_800_000, 864_000_000], 1],
    [[0, 1, 65_536], 4],
    [[0, 2 ** 32 - 1, 1], 4],
    [[0, 1, 2 ** 32], 8],
    [[0, 2 ** 33, 2 ** 34], 1],
    [[Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], 8],
    [[-(2 ** 52), 2 ** 52 - 1, 0], 8],
    [[0.5, 1], 8],
    [[0, -0], 8],
    [[1e300, 1], 8],
    [[1, Number.POSITIVE_INFINITY], 8],
    [[Number.NaN], 8],
  ];
  for (const [values, width] of cases) {
    const { packing, read } = pack(values);
    assert.is(packing.width, width, values.join());
    assert.ok(
      read.every((value, i) => Object.is(value, values[i])),
      values.join(),
    );
    assert.is(read.length, values.length);
  }
});

test('random numbers come back, one by one and together', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Seeded(seed);
    const [base, step] = [random.below(1e6) - 5e5, 1 + random.below(1000)];
    const range = random.pick([1, 200, 60_000, 1e6, 2 ** 40]);
    const values = random.list(random.below(300), () => base + step * random.below(range));
    if (random.chance(0.2)) values.push(0.25);
    assert.equal(pack(values).read, values, `seed ${seed}`);
  }
});

/** Packs and reads back. */
function pack(values: readonly number[]): { packing: Packing; read: number[] } {
  const chooser = new PackingChooser();
  const middle = Math.floor(values.length / 2);
  chooser.add(values, 0, middle);
  chooser.add(values, middle, values.length);
  const packing = chooser.packing();
  const pieces: number[] = [];
  const sink = { chunk: (_: number, bytes: Uint8Array) => void pieces.push(...bytes), grew: () => {} };
  const section = new SectionWriter(sink, 0, SECTIONS.columnValues, 64);
  writePacked(section, packing, values, 0, middle);
  writePacked(section, packing, values, middle, values.length);
  section.flush();
  const packed = new PackedValues(packing, Uint8Array.from(pieces), values.length);
  const read = new Float64Array(values.length);
  packed.read(0, values.length, read);
  assert.ok(read.every((value, i) => Object.is(value, packed.at(i))));
  return { packing, read: [...read] };
}

test.run();
