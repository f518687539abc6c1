/** Connecting with every kind of credentials, TLS, preflight, and errors that say what is wrong. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectNats } from '../../../src/bus/nats/connect.ts';
import type { ConnectionOptions } from '../../../src/bus/nats/options.ts';
import { preflight } from '../../../src/bus/nats/preflight.ts';
import { systemEnv } from '../../../src/env.ts';
import { failureOf } from '../../support/failure.ts';
import { startNats, type TestServer } from '../../support/nats-server.ts';

const test = suite('bus/nats/connect');

test('user and password, in options or in the URL', async () => {
  await withServer('authorization { user: ann, password: "s:crêt" }', async (server) => {
    await works({ servers: server.url, user: 'ann', password: 's:crêt' });
    await works({ servers: `nats://ann:${encodeURIComponent('s:crêt')}@127.0.0.1:${server.port}` });
    const error = await failureOf(connectNats({ servers: server.url, user: 'ann', password: 'hunter2' }, systemEnv));
    assert.is(error.code, 'PREFLIGHT_FAILED');
    assert.match(error.message, 'refuses the credentials');
    assert.not.match(error.message, 'hunter2');
    assert.is((await failureOf(connectNats({ servers: server.url }, systemEnv))).code, 'PREFLIGHT_FAILED');
  });
});

test('a token, in options or in the URL', async () => {
  await withServer('authorization { token: "t0ken" }', async (server) => {
    await works({ servers: server.url, token: 't0ken' });
    await works({ servers: `nats://t0ken@127.0.0.1:${server.port}` });
  });
});

test('an nkey seed file', async () => {
  const pair = nkeys.createUser();
  await withFile('user.nk', pair.getSeed(), async (nkey) => {
    await withServer(`authorization { users: [ { nkey: "${pair.getPublicKey()}" } ] }`, async (server) => {
      await works({ servers: server.url, nkey });
    });
  });
});

test('a credentials file', async () => {
  const issuer = { operator: nkeys.createOperator(), account: nkeys.createAccount(), user: nkeys.createUser() };
  const operatorJwt = jwt({ key: issuer.operator, subject: issuer.operator.getPublicKey() }, { type: 'operator' });
  const accountJwt = jwt(
    { key: issuer.operator, subject: issuer.account.getPublicKey() },
    { type: 'account', limits: UNLIMITED },
  );
  const userJwt = jwt(
    { key: issuer.account, subject: issuer.user.getPublicKey() },
    { type: 'user', subs: -1, data: -1, payload: -1 },
  );
  const seed = new TextDecoder().decode(issuer.user.getSeed());
  const creds = `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
  await withFile('user.creds', creds, async (path) => {
    const config = `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${issuer.account.getPublicKey()}: ${accountJwt} }`;
    await withServer(
      config,
      async (server) => {
        await works({ servers: server.url, creds: path });
        assert.is((await failureOf(connectNats({ servers: server.url }, systemEnv))).code, 'PREFLIGHT_FAILED');
      },
      false,
    );
  });
});

test('TLS with a CA of one’s own, and client certificates', async () => {
  if (spawnSync('openssl', ['version']).status !== 0) {
    process.stdout.write(' (no openssl here: TLS not tested) ');
    return;
  }
  const dir = await mkdtemp(join(tmpdir(), 'coppice-tls-'));
  try {
    makeCertificates(dir);
    const file = (name: string): string => join(dir, name);
    await withServer(
      `tls { cert_file: "${file('server.pem')}", key_file: "${file('server.key')}", ca_file: "${file('ca.pem')}", verify: true }`,
      async (server) => {
        await works({
          servers: server.url,
          tls: { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') },
        });
        assert.is(
          (
            await failureOf(
              connectNats(
                { servers: server.url, tls: { cert: file('client.pem'), key: file('client.key') } },
                systemEnv,
              ),
            )
          ).code,
          'DISCONNECTED',
        );
      },
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('several servers, the first of which is down', async () => {
  await withServer('', async (server) => {
    await works({ servers: `nats://127.0.0.1:1, ${server.url}` });
    await works({ servers: ['127.0.0.1:1', `127.0.0.1:${server.port}`] });
  });
});

test('a server that is not there is named with what to do', async () => {
  const error = await failureOf(connectNats({ servers: 'nats://ann:secret@127.0.0.1:1' }, systemEnv));
  assert.is(error.code, 'DISCONNECTED');
  assert.match(error.message, /^cannot reach NATS at nats:\/\/127\.0\.0\.1:1: connection refused; start nats-server/);
  assert.not.match(error.message, 'secret');
  assert.is(
    (await failureOf(connectNats({ creds: '/nowhere/user.creds' }, systemEnv))).message,
    'cannot read the credentials file `/nowhere/user.creds`',
  );
});

test('preflight passes on a good server, and says what another lacks', async () => {
  await withServer('', async (server) => {
    const bus = await connectNats({ servers: server.url }, systemEnv);
    await preflight(bus);
    await bus.close();
  });
  const message = await preflightMessage('', {}, false);
  assert.match(message, 'JetStream is not enabled: start nats-server with -js');
});

test('preflight names the right that a user lacks', async () => {
  const config =
    'authorization { users: [ { user: low, password: low, permissions: { publish: ["coppice.>"], subscribe: ["_INBOX.>"] } } ] }';
  const message = await preflightMessage(config, { user: 'low', password: 'low' });
  assert.is(message, 'this NATS user may not use `$JS.API.INFO`');
});

const UNLIMITED = { subs: -1, data: -1, payload: -1, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };

async function works(options: ConnectionOptions): Promise<void> {
  const bus = await connectNats(options, systemEnv);
  await bus.flush();
  await bus.close();
}

async function preflightMessage(config: string, options: ConnectionOptions, jetstream = true): Promise<string> {
  let message = '';
  await withServer(
    config,
    async (server) => {
      const bus = await connectNats({ servers: server.url, onFault: () => {}, ...options }, systemEnv);
      const error = await failureOf(preflight(bus));
      assert.is(error.code, 'PREFLIGHT_FAILED');
      message = error.message;
      await bus.close();
    },
    jetstream,
  );
  return message;
}

async function withServer(config: string, run: (server: TestServer) => Promise<void>, jetstream = true): Promise<void> {
  const server = await startNats({ config, jetstream });
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

async function withFile(
  name: string,
  content: string | Uint8Array,
  run: (path: string) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'coppice-creds-'));
  try {
    await writeFile(join(dir, name), content);
    await run(join(dir, name));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A JWT in the form that NATS signs them, enough for a server that holds accounts in memory. */
function jwt(
  by: { key: ReturnType<typeof nkeys.createUser>; subject: string },
  claims: Readonly<Record<string, unknown>>,
): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const issuer = by.key.getPublicKey();
  const body = {
    jti: `${by.subject}.test`,
    iat: 1_700_000_000,
    iss: issuer,
    name: 'test',
    sub: by.subject,
    nats: { version: 2, ...claims },
  };
  const signed = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(body)}`;
  return `${signed}.${Buffer.from(by.key.sign(new TextEncoder().encode(signed))).toString('base64url')}`;
}

function makeCertificates(dir: string): void {
  const openssl = (...args: string[]): void => {
    const done = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`openssl ${args[0]}: ${done.stderr}`);
  };
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test ca',
  );
  for (const name of ['server', 'client']) {
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1,DNS:localhost',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-copy_extensions',
      'copyall',
    );
  }
}

test.run();
