/** A TCP proxy between a client and its server that can swallow what the server says, or cut the line. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A running proxy. */
export type TcpProxy = {
  readonly url: string;
  /** From now on drops what the server sends; the client's bytes still arrive. A cut has to follow. */
  mute(): void;
  /** Breaks all connections and takes no new ones until `heal`. */
  cut(): void;
  /** Takes connections again, and passes everything on. */
  heal(): void;
  close(): Promise<void>;
};

/** Starts a proxy in front of a port of this machine. */
export async function startProxy(targetPort: number): Promise<TcpProxy> {
  let state: 'passing' | 'muted' | 'cut' = 'passing';
  const sockets = new Set<Socket>();
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    if (state === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (state === 'passing') client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `nats://127.0.0.1:${address.port}`,
    mute: () => {
      state = 'muted';
    },
    cut: () => {
      state = 'cut';
      breakAll();
    },
    heal: () => {
      state = 'passing';
    },
    close: async () => {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}
