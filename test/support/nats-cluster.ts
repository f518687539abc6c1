/**
 * Three real nats-servers that form a cluster with JetStream, each with a store of its own, killed, stopped and started
 * again one by one. Clients are told of no server but those that they were given, so that a proxy stays in between.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { connectNats } from '../../src/bus/nats/connect.ts';
import { systemEnv } from '../../src/env.ts';
import { eventually } from './eventually.ts';
import { type ServerOptions, startNats, type TestServer } from './nats-server.ts';
import type { NetNamespaces } from './net-namespaces.ts';

/** A running cluster of servers. */
export type NatsCluster = {
  readonly servers: readonly TestServer[];
  /** Addresses of all, separated by commas. */
  readonly url: string;
  /** The server of a name, as JetStream tells leaders: `n1`, `n2`, `n3`. */
  server(name: string): TestServer;
  /** Kills all and removes everything. */
  stop(): Promise<void>;
};

const SERVERS = 3;
const FORM_MS = 30_000;

/** Starts the servers, each in a namespace of its own if there are some, and resolves when JetStream answers. */
export async function startNatsCluster(options: ServerOptions = {}, namespaces?: NetNamespaces): Promise<NatsCluster> {
  const ports = await freePorts(2 * SERVERS);
  const [client, route] = [ports.slice(0, SERVERS), ports.slice(SERVERS)];
  const hostOf = (at: number): string => namespaces?.addressOf(at) ?? '127.0.0.1';
  const routes = route.map((port, at) => `"nats-route://${hostOf(at)}:${port}"`).join(', ');
  const started = await Promise.allSettled(
    client.map(async (port, at) => {
      const cluster = `cluster { name: chaos, listen: "${hostOf(at)}:${route[at]}", routes: [${routes}], no_advertise: true }`;
      const config = `${options.config ?? ''}\nserver_name: n${at + 1}\n${cluster}\n`;
      const command = namespaces?.commandOf(at) ?? [];
      return startNats({ ...options, port, config, host: hostOf(at), command });
    }),
  );
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(async (server) => server.stop()));
  };
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    const url = servers.map((server) => server.url).join(',');
    await formed(url);
    const server = (name: string): TestServer => {
      const found = servers[Number(name.slice(1)) - 1];
      if (found === undefined) throw new Error(`there is no server ${name}`);
      return found;
    };
    return { servers, url, server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Resolves when JetStream has a leader, and all servers as its peers. */
async function formed(url: string): Promise<void> {
  const bus = await connectNats({ servers: url, name: 'nats cluster' }, systemEnv);
  try {
    await eventually(
      async () => {
        const probe = { name: 'FORMED', subjects: ['formed'], num_replicas: SERVERS, storage: 'memory' };
        const made = await bus.api.tryOnce('STREAM.CREATE.FORMED', probe);
        return made?.ok === true && (await bus.api.tryOnce('STREAM.DELETE.FORMED', undefined))?.ok === true;
      },
      { withinMs: FORM_MS, what: 'the nats-servers form a cluster' },
    );
  } finally {
    await bus.close();
  }
}

/** Ports that are free now; the next to ask may get the same. */
async function freePorts(count: number): Promise<readonly number[]> {
  const holders = await Promise.all(
    Array.from({ length: count }, async () => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      return holder;
    }),
  );
  const ports = holders.map((holder) => {
    const address = holder.address();
    if (address === null || typeof address === 'string') throw new Error('a port that is none');
    return address.port;
  });
  await Promise.all(
    holders.map(async (holder) => {
      holder.close();
      await once(holder, 'close');
    }),
  );
  return ports;
}
