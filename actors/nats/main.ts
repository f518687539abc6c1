/**
 * Entry of the process that minds an embedded nats-server: nats-server itself would outlive a supervisor that is
 * killed. It ends with its parent and ends the server before; where the system allows, the kernel ends the server with it.
 */
import { parseArgs } from 'node:util';
import { runMain } from '../run-main.ts';
import { mindNatsServer } from './nats-server.ts';

await runMain(async () => {
  const option = { type: 'string', default: '' } as const;
  const { values } = parseArgs({
    options: { server: option, config: option, data: option, port: { type: 'string', default: '-1' } },
  });
  return mindNatsServer({ ...values, port: Number(values.port) });
});
