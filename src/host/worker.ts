/**
 * A worker thread of a leaf: its own connection to the bus, and the copies assigned to it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ActorDefinition } from '../actor/definition.ts';
import { connectNats } from '../bus/nats/connect.ts';
import { joinCluster } from '../cluster/context.ts';
import { NO_MARKS } from '../cluster/work-marks.ts';
import { threadRegionBytes } from '../engine/writer/thread-memory.ts';
import { type Reporter, systemEnv, threadMemory } from '../env.ts';
import { asCoppiceError } from '../errors.ts';
import { loadDefinition } from './actor-source.ts';
import { BlackBoxWriter } from './black-box.ts';
import { copyKey } from './copy-host.ts';
import { DepotKeeper } from './depot-keeper.ts';
import { InlineHost } from './inline-host.ts';
import { depotAccess, openCheckpoints } from './open-checkpoints.ts';
import { openLocal } from './open-local.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

const STATUS_INTERVAL_MS = 400;
const BEAT_MS = 50;

const port = parentPort;
if (port === null) throw new Error('a worker of a leaf must be started as a worker thread');
const send = (message: FromWorker): void => port.postMessage(message);
const report: Reporter = (level, message, fields = {}) => send({ type: 'report', level, message, fields });

const start = workerData as WorkerStart;
const box = new BlackBoxWriter(start.box, systemEnv.clock);
/** Numbers of the copies here, by their keys. */
const numbers = new Map<string, number>();
const definitions = new Map<string, ActorDefinition>();
for (const [requires, source] of Object.entries(start.actors)) definitions.set(requires, await loadDefinition(source));

const onFault = (error: unknown, subject: string): void =>
  report('error', 'message handler failed', { subject, error: asCoppiceError(error).message });
const bus = await connectNats({ ...start.connection, onFault }, systemEnv);
const { cluster, commit, checkpointRecords, data } = start;
const owner = { bus, cluster, env: systemEnv, report, checkpointRecords };
const checkpoints = openCheckpoints(start.depot, owner);
const depots = depotAccess(start.depot, owner);
const context = await joinCluster({
  cluster,
  commit,
  bus,
  env: systemEnv,
  report,
  checkpoints,
  depots,
  local: openLocal(data, cluster),
  ledger: box,
  marksOf: ({ group, generation, shard }) => {
    const number = numbers.get(`${group}/${generation}/${shard}`);
    return number === undefined ? NO_MARKS : box.marksOf(number);
  },
});
const host = new InlineHost(context, (requires) => definitions.get(requires));
const keeper = new DepotKeeper(context);
let statusSoon = false;

function sendStatus(): void {
  statusSoon = false;
  const { heapBytes, outsideBytes } = threadMemory();
  const memory = { heapBytes, outsideBytes: outsideBytes + threadRegionBytes() };
  send({ type: 'status', copies: host.statuses(), memory });
}

function beat(): void {
  box.beat();
  systemEnv.clock.after(BEAT_MS, beat);
}

function repeatStatus(): void {
  sendStatus();
  systemEnv.clock.after(STATUS_INTERVAL_MS, repeatStatus);
}

async function take(message: ToWorker): Promise<void> {
  if (message.type === 'open') {
    numbers.set(copyKey(message.spec), message.number);
    return host.openCopy(message.spec, message.suspect);
  }
  if (message.type === 'close') {
    try {
      await host.closeCopy(message.key);
    } finally {
      send({ type: 'closed', key: message.key });
    }
    return;
  }
  await host.close();
  await keeper.close();
  await context.close();
  await checkpoints?.depot.close();
  await bus.close();
  send({ type: 'stopped' });
  port?.close();
}

host.onStatus(() => {
  if (statusSoon) return;
  statusSoon = true;
  queueMicrotask(sendStatus);
});
host.onTransition((transition) => send({ type: 'transition', transition }));
port.on('message', (message: ToWorker) => {
  take(message).catch((error: unknown) =>
    report('error', 'worker failed to obey', { type: message.type, error: asCoppiceError(error).message }),
  );
});
keeper.start();
beat();
send({ type: 'ready' });
repeatStatus();
