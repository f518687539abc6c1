/**
 * A connection's options as environment variables: how they reach child processes, so that no password stands on a
 * command line. `connectionOptionsFrom` reads them back.
 */
import type { ConnectionOptions } from '../src/bus/nats/options.ts';

/** Environment variables of a process. */
export type Vars = Readonly<Record<string, string | undefined>>;

const NAMES = [
  'NATS_URL',
  'NATS_USER',
  'NATS_PASSWORD',
  'NATS_TOKEN',
  'NATS_CREDS',
  'NATS_NKEY',
  'NATS_CA',
  'NATS_CERT',
  'NATS_KEY',
  'COPPICE_STREAM_REPLICAS',
] as const;

/** `vars` with the variables of `connection` set, and those that it does not use removed. */
export function withConnection(vars: Vars, connection: ConnectionOptions): Record<string, string> {
  const { servers, user, password, token, creds, nkey, tls, streamReplicas } = connection;
  const url = typeof servers === 'string' ? servers : servers?.join(',');
  const values = [url, user, password, token, creds, nkey, tls?.ca, tls?.cert, tls?.key, streamReplicas?.toString()];
  return defined({ ...vars, ...Object.fromEntries(NAMES.map((name, at) => [name, values[at]])) });
}

function defined(vars: Vars): Record<string, string> {
  return Object.fromEntries(Object.entries(vars).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
