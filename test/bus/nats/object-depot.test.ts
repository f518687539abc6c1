/**
 * The depot over a real nats-server: read and written by the NATS client too, and through lost connections, killed
 * servers and lost chunks.
 */
import * as assert from 'uvu/assert';
import type { BusHeaders } from '../../../src/bus/bus.ts';
import { JetStreamApi } from '../../../src/bus/nats/api.ts';
import { CHUNK_BYTES, openObjectDepot } from '../../../src/bus/nats/object-depot.ts';
import { objectStream } from '../../../src/bus/nats/object-layout.ts';
import { Stream } from '../../../src/bus/nats/stream.ts';
import { systemEnv } from '../../../src/env.ts';
import { collect, piecesOf, sameBytes, seededBytes } from '../../support/depot/depot-context.ts';
import { StoredObjects } from '../../support/depot/stored-objects.ts';
import { eventually } from '../../support/eventually.ts';
import { failureOf } from '../../support/failure.ts';
import { connectTo, natsSuite } from '../../support/nats-suite.ts';
import { startProxy } from '../../support/tcp-proxy.ts';

const MIB = 1024 * 1024;
const test = natsSuite('bus/nats/object-depot');

test('the NATS client reads what the depot wrote', async ({ bus }) => {
  const depot = await bus.openDepot('layout');
  const client = await bus.nats.jetstream().views.os('layout');
  for (const size of [0, 1, 2_000_000]) {
    const [name, bytes] = [`g1/0/ab=c@${size}.7`, seededBytes(size, size + 1)];
    await depot.put(name, bytes);
    const info = await client.info(name);
    assert.is(info?.size, size);
    assert.is(info?.chunks, Math.ceil(size / 524_288));
    assert.ok(sameBytes((await client.getBlob(name)) ?? new Uint8Array(9), bytes));
  }
  assert.equal((await client.list()).map(({ name }) => name).sort(), [...(await depot.list(''))]);
});

test('the depot reads what the NATS client wrote, and takes its deletions for deletions', async ({ bus }) => {
  const depot = await bus.openDepot('foreign');
  const client = await bus.nats.jetstream().views.os('foreign');
  const bytes = seededBytes(1_000_001, 3);
  await client.putBlob({ name: 'theirs' }, bytes);
  assert.ok(sameBytes(await collect(depot.get('theirs')), bytes));
  assert.is((await depot.stat('theirs')).sizeBytes, 1_000_001);
  assert.is((await failureOf(depot.put('theirs', bytes))).code, 'CONFLICT');
  await client.delete('theirs');
  assert.equal(await depot.list(''), []);
  assert.is((await failureOf(depot.stat('theirs'))).code, 'NOT_FOUND');
  await depot.put('theirs', seededBytes(10, 1));
  assert.ok(sameBytes((await client.getBlob('theirs')) ?? bytes, seededBytes(10, 1)));
  const info = await client.info('theirs');
  assert.ok(info);
  await client.putBlob({ name: 'no name of ours' }, seededBytes(1, 1));
  assert.equal(await depot.list(''), ['theirs']);
  await client.link('linked', info);
  assert.is((await failureOf(collect(depot.get('linked')))).code, 'UNSUPPORTED_FORMAT');
});

test('a put goes on after the server was killed and started again', async ({ bus, server }) => {
  const depot = await bus.openDepot('killed');
  const bytes = seededBytes(24 * MIB, 5);
  let kills = 0;
  const source = async function* () {
    for await (const piece of piecesOf(bytes, 3_000_000)) {
      yield piece;
      if ((kills += 1) % 3 !== 0) continue;
      await server.kill(); // chunks are under way
      await eventually(() => !bus.link.up);
      await server.restart();
    }
  };
  await depot.put('survivor', source());
  assert.ok(kills >= 6);
  assert.ok(sameBytes(await collect(depot.get('survivor')), bytes));
  assert.is(await new StoredObjects(bus, 'killed').countUnfinished(), 0);
});

test('a put and a get are not disturbed by a server that dies under them', async ({ bus, server }) => {
  const depot = await bus.openDepot('under');
  const bytes = seededBytes(24 * MIB, 6);
  const restart = async (): Promise<void> => {
    await server.kill();
    await server.restart();
  };
  let [putAt, getAt] = [0, 0];
  const put = depot.put('both', bytes, { onProgress: ({ doneBytes }) => (putAt = doneBytes) });
  await eventually(() => putAt > 0);
  await restart();
  assert.is((await put).sizeBytes, bytes.length);
  const got = collect(depot.get('both', { onProgress: ({ doneBytes }) => (getAt = doneBytes) }));
  await eventually(() => getAt > 0);
  await restart();
  assert.ok(sameBytes(await got, bytes));
});

test('a get goes on where it was when the server died', async ({ bus, server }) => {
  const depot = await bus.openDepot('resumed');
  const bytes = seededBytes(20 * MIB, 7);
  await depot.put('read', bytes);
  const pieces: Uint8Array[] = [];
  for await (const piece of depot.get('read')) {
    pieces.push(piece);
    if (pieces.length % 12 !== 1) continue;
    await server.kill();
    await eventually(() => !bus.link.up);
    await server.restart();
  }
  assert.ok(sameBytes(Buffer.concat(pieces), bytes));
});

test('chunks whose acknowledgements were lost are stored once', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const depot = await through.openDepot('muted');
  const stream = new Stream(bus.api, objectStream('muted'));
  const bytes = seededBytes(12 * MIB, 8);
  let acknowledged = 0;
  const put = depot.put('once', bytes, {
    onProgress: ({ doneBytes }) => {
      if (acknowledged === 0) proxy.mute();
      acknowledged = doneBytes / CHUNK_BYTES;
    },
  });
  await eventually(async () => acknowledged > 0 && (await stream.lastSeq()) > acknowledged + 2);
  proxy.cut();
  proxy.heal();
  assert.is((await put).sizeBytes, bytes.length);
  assert.ok(sameBytes(await collect(depot.get('once')), bytes));
  await through.close();
  await proxy.close();
  assert.is(await new StoredObjects(bus, 'muted').countUnfinished(), 0);
});

test('chunks that a leader lost, or that changed places, are put in order', async ({ bus }) => {
  const api = new LossyApi(bus.api.channel, bus.link, systemEnv);
  const options = { bucket: 'lossy', replicas: 1, maxPayloadBytes: bus.maxPayloadBytes };
  const depot = await openObjectDepot(api, options);
  const bytes = seededBytes(16 * MIB, 9);
  await depot.put('ordered', bytes);
  assert.ok(api.lost >= 4, `${api.lost} were lost`);
  assert.ok(sameBytes(await collect(depot.get('ordered')), bytes));
  assert.ok(
    sameBytes((await (await bus.nats.jetstream().views.os('lossy')).getBlob('ordered')) ?? bytes.subarray(1), bytes),
  );
});

test('a deadline holds while the server is away', async ({ server }) => {
  const proxy = await startProxy(server.port);
  const bus = await connectTo(proxy);
  const depot = await bus.openDepot('away');
  await depot.put('there', seededBytes(100, 1));
  proxy.cut();
  await eventually(() => !bus.link.up);
  for (const attempt of [
    () => depot.put('not', seededBytes(100, 1), { withinMs: 100 }),
    () => collect(depot.get('there', { withinMs: 100 })),
    () => depot.stat('there', { withinMs: 100 }),
  ])
    assert.is((await failureOf(attempt())).code, 'DEADLINE_EXCEEDED');
  proxy.heal();
  await bus.link.whenUp(5_000);
  assert.equal(await depot.list(''), ['there']);
  await bus.close();
  await proxy.close();
});

test('a full store is told as such, and nothing is left of the upload', async ({ bus }) => {
  const depot = await bus.openDepot('full');
  await bus.api.call('STREAM.UPDATE.OBJ_full', { ...(await configOf(bus.api, 'OBJ_full')), max_bytes: 3 * MIB });
  await depot.put('fits', seededBytes(2 * MIB, 1));
  assert.is((await failureOf(depot.put('does/not', seededBytes(2 * MIB, 2)))).code, 'STORAGE_FULL');
  assert.equal(await depot.list(''), ['fits']);
  assert.is(await new StoredObjects(bus, 'full').countUnfinished(), 0);
});

test('a bucket that cannot be used, or be named so, is refused', async ({ bus }) => {
  assert.is((await failureOf(bus.openDepot('a.b'))).code, 'INVALID_NAME');
  await bus.api.call('STREAM.CREATE.OBJ_sealed', { name: 'OBJ_sealed', subjects: ['$O.sealed.C.>', '$O.sealed.M.>'] });
  assert.is((await failureOf(bus.openDepot('sealed'))).code, 'PREFLIGHT_FAILED');
});

test.run();

/** Loses the first try of some chunks, as a leader that dies does, while those after them are stored. */
class LossyApi extends JetStreamApi {
  lost = 0;

  override async exchange(
    subject: string,
    payload: string | Uint8Array,
    options: { headers?: BusHeaders; signal?: AbortSignal | undefined; timeoutMs?: number } = {},
  ): Promise<Uint8Array | undefined> {
    const [, index, tries] = options.headers?.['Nats-Msg-Id']?.split('.') ?? [];
    if (!subject.includes('.C.') || tries !== '0' || Number(index) % 7 !== 2 || this.#seen.has(index ?? ''))
      return super.exchange(subject, payload, options);
    this.#seen.add(index ?? '');
    this.lost += 1;
    return undefined;
  }

  readonly #seen = new Set<string>();
}

async function configOf(api: JetStreamApi, stream: string): Promise<object> {
  const answer = await api.call(`STREAM.INFO.${stream}`, undefined);
  if (!answer.ok || typeof answer.value['config'] !== 'object') throw new Error('no configuration');
  return answer.value['config'] ?? {};
}
