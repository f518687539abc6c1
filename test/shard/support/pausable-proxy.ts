/**
 * A TCP proxy that can hold a connection still without breaking it: what either side says meanwhile arrives later, all
 * of it. This is how a frozen network, or a stopped process, looks from both ends.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A running proxy. */
export type PausableProxy = {
  readonly url: string;
  /** Holds everything back, in both directions. */
  pause(): void;
  /** Passes on what was held back, and what follows. */
  resume(): void;
  /** Breaks all connections and takes no new ones: to the server it looks as if the process had died. */
  kill(): void;
  /** Takes connections again. */
  heal(): void;
  /** New connections go to another server from now on; those that are open break. */
  retarget(port: number): void;
  close(): Promise<void>;
};

/** Starts a proxy in front of a port of this machine. */
export async function startPausableProxy(targetPort: number): Promise<PausableProxy> {
  let paused = false;
  let dead = false;
  let port = targetPort;
  const held: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const pass = (to: Socket, chunk: Buffer): void => {
    if (paused) held.push(() => to.write(chunk));
    else to.write(chunk);
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    if (dead) {
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('data', (chunk) => pass(other, chunk));
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `nats://127.0.0.1:${address.port}`,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      for (const send of held.splice(0)) send();
    },
    kill: () => {
      dead = true;
      breakAll();
    },
    heal: () => {
      dead = false;
    },
    retarget: (next) => {
      port = next;
      breakAll();
    },
    close: async () => {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}
