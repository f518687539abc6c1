import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CoppiceError, isCoppiceError } from '../../src/errors.ts';
import { encode } from '../../src/wire/codec.ts';
import { decodeLogRecord, decodeOperation, encodeLogRecord, encodeOperation } from '../../src/wire/log-record.ts';

const test = suite('wire/log-record');
const RECORD = { kind: 'batch', generation: 'g', term: 3, prevSeq: 6, prevId: 'p' } as const;

test('a record is read as it was written', () => {
  const record = { ...RECORD, operations: [encodeOperation({ id: 'a', record: { n: 1 } })] };
  assert.equal(decodeLogRecord(encodeLogRecord(record)), record);
});

test('a record of another format is refused, with both numbers', () => {
  const { message, details } = refusal(() =>
    decodeLogRecord(encode({ v: 2, k: 'batch', g: 'g', t: 1, ps: 0, pi: '', ops: [], more: true }, 'msgpack')),
  );
  assert.is(message, 'log record is of format 2, and this version of Coppice reads format 1');
  assert.equal(details, { format: 2, supported: 1 });
});

test('what is no record, or a damaged one, is refused alike', () => {
  const whole = encodeLogRecord({ ...RECORD, operations: [] });
  const damaged = [
    new Uint8Array(),
    whole.subarray(0, whole.length - 1),
    Uint8Array.of(0xc1),
    encode('text', 'msgpack'),
    encode({ v: 1, k: 'batch' }, 'msgpack'),
    encode({ v: '1' }, 'msgpack'),
  ];
  for (const data of damaged) refusal(() => decodeLogRecord(data));
  for (const data of [Uint8Array.of(0xc1), encode({ r: 1 }, 'msgpack')]) refusal(() => decodeOperation(data));
});

test.run();

function refusal(read: () => unknown): CoppiceError {
  try {
    read();
  } catch (error) {
    if (isCoppiceError(error, 'UNSUPPORTED_FORMAT')) return error;
    throw error;
  }
  throw new Error('it was read');
}
