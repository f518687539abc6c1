/**
 * A TCP proxy that stands for the network between a process and its server: it can stop carrying bytes one way, the other
 * way or both, without a word to either end. What was on its way then arrives when it is healed, as TCP would have it.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Which bytes are held: those of the process to its server, those of the server, or both. */
export type Direction = 'out' | 'in' | 'both';

/** A running proxy. */
export type PartitionProxy = {
  readonly url: string;
  /** Carries nothing that way from now on. */
  hold(direction: Direction): void;
  /** Carries everything again. */
  heal(): void;
  close(): Promise<void>;
};

type Line = { readonly client: Socket; readonly server: Socket };

/** Starts a proxy in front of a server. */
export async function startPartitionProxy(target: { host: string; port: number }): Promise<PartitionProxy> {
  const held = { out: false, in: false };
  const lines = new Set<Line>();
  const apply = ({ client, server }: Line): void => {
    if (held.out) client.pause();
    else client.resume();
    if (held.in) server.pause();
    else server.resume();
  };
  const listener = createServer((client) => {
    const line = { client, server: connect(target.port, target.host) };
    lines.add(line);
    carry(line, () => lines.delete(line));
    apply(line);
  });
  const port = await listen(listener);
  const change = (next: { out: boolean; in: boolean }): void => {
    Object.assign(held, next);
    for (const line of lines) apply(line);
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    hold: (direction) => change({ out: direction !== 'in', in: direction !== 'out' }),
    heal: () => change({ out: false, in: false }),
    close: async () => {
      for (const { client, server } of lines) {
        client.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, 'close');
    },
  };
}

function carry({ client, server }: Line, onEnd: () => void): void {
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.setNoDelay(true);
    // An end that breaks off is an end like any other here: 'close' follows.
    from.on('error', () => {});
    from.on('data', (chunk) => to.write(chunk));
    from.on('close', () => {
      onEnd();
      to.destroySoon();
    });
  }
}

async function listen(listener: ReturnType<typeof createServer>): Promise<number> {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}
