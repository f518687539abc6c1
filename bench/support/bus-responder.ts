/** The other side of the scatter benchmark: one copy of each shard, in a process of its own. */
import { connectNats } from '../../src/bus/nats/connect.ts';
import { Rpc } from '../../src/bus/rpc.ts';
import { systemEnv } from '../../src/env.ts';

const [url = '', copy = '0', shards = '3'] = process.argv.slice(2);
const bus = await connectNats({ servers: url }, systemEnv);
const rpc = new Rpc(bus, systemEnv, (error) => {
  throw error;
});
const payload = new Uint8Array(256);
bus.nats.subscribe('bench.bare', { queue: 'copies', callback: (_, message) => message.respond(payload) });
for (let shard = 0; shard < Number(shards); shard += 1) {
  const handler = async (): Promise<unknown> => ({ ordinals: payload, term: 1 });
  rpc.serve({ subject: `bench.shard.${shard}`, queue: 'copies', handler });
  rpc.serve({ subject: `bench.copy.${copy}.${shard}`, handler });
}
await bus.flush();
process.send?.('ready');
process.on('disconnect', () => process.exit());
