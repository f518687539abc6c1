/**
 * What a connection takes, and how it is read from the environment variables that NATS tools share. Credentials
 * written into a URL work too, and never appear in a message.
 */
import { CoppiceError } from '../../errors.ts';

/** How to reach NATS. Paths are of files. */
export type ConnectionOptions = {
  /** URLs, as a list or separated by commas. */
  readonly servers?: string | readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Path of a credentials file (JWT and seed). */
  readonly creds?: string;
  /** Path of a file that holds an nkey seed. */
  readonly nkey?: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Shown by the server's monitoring. */
  readonly name?: string;
  /** Prefix of reply subjects, for users who may subscribe to little else. */
  readonly inboxPrefix?: string;
  /**
   * Copies that JetStream keeps of logs, registries and depots that are made here: 1 to 5, no more than there are servers.
   * Unless told: as many as the cluster's registry has, and 1 for a registry.
   */
  readonly streamReplicas?: number;
  /** Told of what handlers of messages throw, and of what the server forbids. Thrown as uncaught unless given. */
  readonly onFault?: (error: unknown, subject: string) => void;
};

/** The server asked when none is named. */
export const DEFAULT_SERVER = 'nats://127.0.0.1:4222';

/** Reads the options from environment variables; what `overrides` names goes before. */
export function connectionOptionsFrom(
  vars: Readonly<Record<string, string | undefined>>,
  overrides: ConnectionOptions = {},
): ConnectionOptions {
  const tls = withoutUndefined({ ca: vars['NATS_CA'], cert: vars['NATS_CERT'], key: vars['NATS_KEY'] });
  const replicas = vars['COPPICE_STREAM_REPLICAS'];
  const fromVars = withoutUndefined({
    servers: vars['NATS_URL'],
    user: vars['NATS_USER'],
    password: vars['NATS_PASSWORD'],
    token: vars['NATS_TOKEN'],
    creds: vars['NATS_CREDS'],
    nkey: vars['NATS_NKEY'],
    tls: Object.keys(tls).length === 0 ? undefined : tls,
    streamReplicas: replicas === undefined || replicas === '' ? undefined : parseStreamReplicas(replicas),
  });
  return { ...fromVars, ...withoutUndefined(overrides) };
}

/** Most copies that JetStream keeps of a stream. */
const MAX_STREAM_REPLICAS = 5;

/** Reads a number of copies. Throws CoppiceError `BAD_REQUEST` if it is none from 1 to 5. */
export function parseStreamReplicas(word: string): number {
  const count = Number(word);
  if (/^\d$/.test(word) && count >= 1 && count <= MAX_STREAM_REPLICAS) return count;
  throw new CoppiceError(
    'BAD_REQUEST',
    `\`${word}\` is no number of stream replicas: a whole number from 1 to ${MAX_STREAM_REPLICAS}`,
  );
}

/** A server list, and the credentials that stood in its URLs. */
export type ServerList = {
  /** URLs without credentials. */
  readonly urls: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
};

/**
 * Splits a server list and takes credentials out of its URLs (`nats://user:password@host`, `nats://token@host`).
 *
 * @throws CoppiceError `PREFLIGHT_FAILED` if an entry is no URL.
 */
export function parseServers(servers: string | readonly string[] = DEFAULT_SERVER): ServerList {
  const entries = (typeof servers === 'string' ? servers.split(',') : servers)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const parsed = (entries.length === 0 ? [DEFAULT_SERVER] : entries).map(parseServer);
  const credentials = parsed.find((url) => url.username !== '');
  const urls = parsed.map((url) => `${url.protocol}//${url.host}`);
  if (credentials === undefined) return { urls };
  const first = decodeURIComponent(credentials.username);
  if (credentials.password === '') return { urls, token: first };
  return { urls, user: first, password: decodeURIComponent(credentials.password) };
}

function parseServer(entry: string): URL {
  const text = entry.includes('://') ? entry : `nats://${entry}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['nats:', 'tls:'].includes(url.protocol) || url.host === '') {
    const shown = entry.replace(/\/\/.*@/, '//');
    throw new CoppiceError(
      'PREFLIGHT_FAILED',
      `\`${shown}\` is no NATS address: write nats://host:port or tls://host:port`,
    );
  }
  return url;
}

function withoutUndefined<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const key in record) {
    const value = record[key];
    if (value !== undefined && value !== '') Object.assign(kept, { [key]: value });
  }
  return kept;
}
