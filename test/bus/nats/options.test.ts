/** How connection options are read from the environment and from URLs. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectionOptionsFrom, parseServers } from '../../../src/bus/nats/options.ts';
import { CoppiceError } from '../../../src/errors.ts';

const test = suite('bus/nats/options');

test('every variable has its option, and empty ones count for nothing', () => {
  const vars = {
    NATS_URL: 'nats://a:1,nats://b:2',
    NATS_USER: 'ann',
    NATS_PASSWORD: 'pw',
    NATS_TOKEN: 't',
    NATS_CREDS: '/c',
    NATS_NKEY: '/n',
    NATS_CA: '/ca',
    NATS_CERT: '/cert',
    NATS_KEY: '',
    COPPICE_STREAM_REPLICAS: '3',
  };
  const expected = {
    servers: 'nats://a:1,nats://b:2',
    user: 'ann',
    password: 'pw',
    token: 't',
    creds: '/c',
    nkey: '/n',
    tls: { ca: '/ca', cert: '/cert' },
    streamReplicas: 3,
  };
  assert.equal(connectionOptionsFrom(vars), expected);
  assert.equal(connectionOptionsFrom({}), {});
});

test('a number of stream replicas that is none is refused', () => {
  for (const word of ['0', '6', '1.5', 'three', '-1', '03'])
    assert.throws(
      () => connectionOptionsFrom({ COPPICE_STREAM_REPLICAS: word }),
      (error: unknown) => error instanceof CoppiceError && error.code === 'BAD_REQUEST' && error.message.includes(word),
    );
});

test('what is given goes before what the environment says', () => {
  assert.equal(connectionOptionsFrom({ NATS_URL: 'nats://a', NATS_USER: 'ann' }, { servers: 'nats://b' }), {
    servers: 'nats://b',
    user: 'ann',
  });
});

test('server lists take commas, lists, bare hosts and credentials', () => {
  assert.equal(parseServers(), { urls: ['nats://127.0.0.1:4222'] });
  assert.equal(parseServers(' a:1 , tls://b:2,'), { urls: ['nats://a:1', 'tls://b:2'] });
  assert.equal(parseServers(['nats://ann:p%40w@a:1', 'b']), {
    urls: ['nats://a:1', 'nats://b'],
    user: 'ann',
    password: 'p@w',
  });
  assert.equal(parseServers('nats://tok@[::1]:4222'), { urls: ['nats://[::1]:4222'], token: 'tok' });
});

test('a malformed address is named without its password', () => {
  for (const servers of ['http://ann:secret@a', 'nats://ann:secret@', 'nats://a:notaport']) {
    assert.throws(
      () => parseServers(servers),
      (error: unknown) =>
        error instanceof CoppiceError && error.code === 'PREFLIGHT_FAILED' && !error.message.includes('secret'),
    );
  }
});

test.run();
