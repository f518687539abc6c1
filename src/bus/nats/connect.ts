/** Opens the connection to NATS: credentials, TLS, endless reconnects, and errors that say what to do. */
import { readFile } from 'node:fs/promises';
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  ErrorCode,
  type NatsConnection,
  NatsError,
  type ConnectionOptions as NatsOptions,
  nkeyAuthenticator,
} from 'nats';
import type { Env } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import { NatsBus } from './nats-bus.ts';
import { type ConnectionOptions, parseServers, type ServerList } from './options.ts';

const HANDSHAKE_MS = 5_000;
const PING_MS = 1_000;
const MAX_PINGS_OUT = 2;
const RECONNECT_MS = 50;
const RECONNECT_JITTER_MS = 100;

/**
 * Connects to NATS.
 *
 * @throws CoppiceError `DISCONNECTED` if no server can be reached, `PREFLIGHT_FAILED` if the credentials are refused
 *   or a file of the options cannot be read.
 */
export async function connectNats(options: ConnectionOptions, env: Env): Promise<NatsBus> {
  const servers = parseServers(options.servers);
  const nats = await dial(await natsOptions(options, servers, env), servers);
  return new NatsBus(nats, env, {
    inboxPrefix: options.inboxPrefix,
    streamReplicas: options.streamReplicas,
    onFault: options.onFault ?? throwUncaught,
  });
}

async function dial(options: NatsOptions, servers: ServerList): Promise<NatsConnection> {
  try {
    return await connect(options);
  } catch (error) {
    throw connectError(error, servers.urls.join(', '));
  }
}

async function natsOptions(options: ConnectionOptions, servers: ServerList, env: Env): Promise<NatsOptions> {
  const user = options.user ?? servers.user;
  const pass = options.password ?? servers.password;
  const token = options.token ?? servers.token;
  const authenticator = await authenticators(options);
  return {
    servers: [...servers.urls],
    name: options.name ?? 'coppice',
    timeout: HANDSHAKE_MS,
    pingInterval: PING_MS,
    maxPingOut: MAX_PINGS_OUT,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => RECONNECT_MS + env.random.next() * RECONNECT_JITTER_MS,
    noAsyncTraces: true,
    ...(user === undefined ? {} : { user }),
    ...(pass === undefined ? {} : { pass }),
    ...(token === undefined ? {} : { token }),
    ...(authenticator.length === 0 ? {} : { authenticator }),
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
    ...(await tlsOptions(options, servers)),
  };
}

async function authenticators(options: ConnectionOptions): Promise<Authenticator[]> {
  const made: Authenticator[] = [];
  if (options.creds !== undefined) made.push(credsAuthenticator(await readSecret(options.creds, 'credentials')));
  if (options.nkey !== undefined) {
    const seed = (await readSecret(options.nkey, 'nkey seed')).toString('utf8').trim();
    made.push(nkeyAuthenticator(new TextEncoder().encode(seed)));
  }
  return made;
}

async function tlsOptions(options: ConnectionOptions, servers: ServerList): Promise<Pick<NatsOptions, 'tls'>> {
  const { ca, cert, key } = options.tls ?? {};
  if (options.tls === undefined && !servers.urls.some((url) => url.startsWith('tls:'))) return {};
  return {
    tls: {
      ...(ca === undefined ? {} : { ca: (await readSecret(ca, 'CA certificate')).toString('utf8') }),
      ...(cert === undefined ? {} : { cert: (await readSecret(cert, 'certificate')).toString('utf8') }),
      ...(key === undefined ? {} : { key: (await readSecret(key, 'key')).toString('utf8') }),
    },
  };
}

async function readSecret(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CoppiceError('PREFLIGHT_FAILED', `cannot read the ${what} file \`${path}\``, { cause: error });
  }
}

function connectError(error: unknown, shown: string): CoppiceError {
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof NatsError ? error.code : '';
  if (
    (error instanceof NatsError &&
      (error.isAuthError() || code === ErrorCode.BadCreds || code === ErrorCode.BadAuthentication)) ||
    reason.startsWith('nkeys: ')
  ) {
    const hint = 'check NATS_USER and NATS_PASSWORD, NATS_TOKEN, NATS_CREDS or NATS_NKEY';
    return new CoppiceError('PREFLIGHT_FAILED', `NATS at ${shown} refuses the credentials (${reason}): ${hint}`, {
      cause: error,
    });
  }
  const refused = code === ErrorCode.ConnectionRefused;
  const hint = /certificate|\b(TLS|SSL)\b/i.test(reason)
    ? 'check NATS_CA, NATS_CERT and NATS_KEY'
    : 'start nats-server there, or set NATS_URL';
  return new CoppiceError(
    'DISCONNECTED',
    `cannot reach NATS at ${shown}: ${refused ? 'connection refused' : reason}; ${hint}`,
    { cause: error },
  );
}

/** Nobody asked to be told: better a crash than an error unseen. */
function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
