import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isCoppiceError } from '../../src/errors.ts';
import { decode, encode } from '../../src/wire/codec.ts';

const test = suite('wire/codec');

/** Objects inside each other, with a text in the innermost. */
function nested(levels: number): unknown {
  let value: unknown = 'innermost';
  for (let level = 0; level < levels; level++) value = { inner: value };
  return value;
}

test('what nests as deep as is allowed is encoded and decoded', () => {
  assert.equal(decode(encode(nested(127), 'msgpack'), 'msgpack'), nested(127));
});

test('what nests too deep to be encoded is refused as it is when it is decoded', () => {
  for (const levels of [128, 129, 130, 1_000]) {
    assert.throws(
      () => encode(nested(levels), 'msgpack'),
      (error: unknown) =>
        isCoppiceError(error, 'PARSING_FAILED') && /nested deeper than 128 levels/.test(error.message),
      `${levels} levels`,
    );
  }
});

test('other failures to encode stay what they are', () => {
  assert.throws(
    () => encode({ call: () => 1 }, 'msgpack'),
    (error: unknown) => !isCoppiceError(error),
  );
});

test.run();
