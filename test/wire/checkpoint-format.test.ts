/** The runtime's share of a checkpoint comes back as it went, in slices or not, whatever the window holds. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeRuntimeShare,
  encodeRuntimeShare,
  type RuntimeShare,
  runtimeShareSlices,
} from '../../src/wire/checkpoint-format.ts';
import { encode } from '../../src/wire/codec.ts';

const test = suite('wire/checkpoint-format');

function shareOf(count: number): RuntimeShare {
  const operations = Array.from({ length: count }, (_, n): RuntimeShare['operations'][number] => [
    `op${n}`,
    n % 3 === 0
      ? { ok: false, error: { code: 'CONFLICT', message: `no ${n}`, details: { n } }, seq: n }
      : { ok: true, value: { _id: `d${n}`, n }, seq: n },
  ]);
  const checkpoints = [{ seq: 3, name: 'm', files: ['a', 'b'] }];
  const place = { generation: 'g', shard: 2, seq: 90, id: 'r90', term: 4 };
  return { ...place, nextSeqNo: 70_000, floor: 12, operations, checkpoints, checkpointRecordSeq: 5 };
}

for (const count of [0, 1, 15, 16, 511, 512, 513, 527, 528, 2_000, 40_000]) {
  test(`a window of ${count} operations`, () => {
    const share = shareOf(count);
    const bytes = encodeRuntimeShare(share);
    assert.equal(decodeRuntimeShare(bytes), { v: 1, ...share });
    assert.ok(bytes.length <= encode({ v: 1, ...share }, 'msgpack').length + 4);
    assert.is([...runtimeShareSlices(share)].length, Math.ceil(count / 512));
  });
}

test.run();
