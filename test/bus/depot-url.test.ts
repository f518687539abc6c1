/** The setting that names a depot: what it may say, and what is wrong with what it may not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDepotUrl } from '../../src/bus/depot-url.ts';
import { CoppiceError } from '../../src/errors.ts';

const test = suite('bus/depot-url');

test('each form names its depot', () => {
  assert.equal(parseDepotUrl('nats:'), { kind: 'nats', bucket: undefined });
  assert.equal(parseDepotUrl('nats:my_bucket-1'), { kind: 'nats', bucket: 'my_bucket-1' });
  assert.equal(parseDepotUrl('file:///var/depot'), { kind: 'folder', path: '/var/depot' });
  assert.equal(parseDepotUrl('file:///var/with%20space'), { kind: 'folder', path: '/var/with space' });
  assert.equal(parseDepotUrl('s3://books'), { kind: 's3', bucket: 'books', prefix: '' });
  assert.equal(parseDepotUrl('s3://books/a/b/?region=eu-central-1'), {
    kind: 's3',
    bucket: 'books',
    prefix: 'a/b',
    region: 'eu-central-1',
  });
  assert.equal(parseDepotUrl('s3://books/x?endpoint=http://127.0.0.1:9000&pathStyle=false&conditionalWrites=false'), {
    kind: 's3',
    bucket: 'books',
    prefix: 'x',
    endpoint: 'http://127.0.0.1:9000',
    pathStyle: false,
    conditionalWrites: false,
  });
});

const wrong: readonly (readonly [text: string, says: RegExp])[] = [
  ['', /must be one of the forms/],
  ['depot', /must be one of the forms/],
  ['/var/depot', /must be one of the forms/],
  ['http://x/', /must be one of the forms/],
  ['nats://127.0.0.1:4222', /a bucket has/],
  ['nats:a.b', /a bucket has/],
  ['file://var/depot', /three slashes/],
  ['file:var', /absolute/],
  ['file:///', /absolute/],
  ['file:///a?b=c', /no parameters/],
  ['file:///a%2Fb', /cannot be read/],
  ['s3://', /is no name of a bucket/],
  ['s3://Books_1', /is no name of a bucket/],
  ['s3://books:9000/x', /no port/],
  ['s3://books/x#y', /no meaning/],
  ['s3://books/a%20b', /may stand in a prefix/],
  ['s3://books/%zz', /prefix/],
  ['s3://books?regoin=x', /no parameter `regoin`, only region/],
  ['s3://books?region=', /`region` needs one value/],
  ['s3://books?region=a&region=b', /`region` needs one value/],
  ['s3://books?pathStyle=yes', /must be true or false/],
  ['s3://books?endpoint=127.0.0.1:9000', /`endpoint` must be an http or https URL/],
];
for (const [text, says] of wrong) {
  test(`\`${text}\` is refused with its reason`, () => {
    assert.throws(
      () => parseDepotUrl(text),
      (error: unknown) => error instanceof CoppiceError && error.code === 'BAD_REQUEST' && says.test(error.message),
    );
  });
}

test('credentials are refused, and never shown', () => {
  for (const text of [
    's3://key:hunter2@books/x',
    'nats://me:hunter2@host',
    's3://books?endpoint=http://me:hunter2@host',
  ]) {
    assert.throws(
      () => parseDepotUrl(text),
      (error: unknown) => error instanceof CoppiceError && !error.message.includes('hunter2'),
    );
  }
});

test.run();
