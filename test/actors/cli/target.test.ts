import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findTarget } from '../../../actors/cli/target.ts';
import { withConnection } from '../../../actors/connection-vars.ts';
import type { ClusterFile, FoundCluster } from '../../../actors/embedded/cluster-file.ts';
import { exitCodeOf } from '../../../actors/exit-codes.ts';
import { processArgs, processConfigFrom } from '../../../actors/process-args.ts';
import { connectionOptionsFrom } from '../../../src/bus/nats/options.ts';

const test = suite('actors/cli/target');
const file: ClusterFile = {
  pid: 7,
  started: '',
  cluster: 'mine',
  nats: 'nats://127.0.0.1:5000',
  leaves: [],
  root: { name: 'root', pid: 8 },
  natsServer: { pid: 9 },
};
const running =
  (...folders: string[]) =>
  (data: string): FoundCluster =>
    folders.includes(data) ? { kind: 'running', file } : { kind: 'none' };

test('a flag goes before the environment, and that before a folder', () => {
  const vars = { NATS_URL: 'nats://env:1', COPPICE_CLUSTER: 'env' };
  assert.is(findTarget({ nats: 'nats://flag:1' }, vars, running('.coppice')).connection.servers, 'nats://flag:1');
  assert.is(findTarget({ data: 'd' }, vars, running('d')).connection.servers, file.nats);
  const byVars = findTarget({}, vars, running('.coppice'));
  assert.equal([byVars.connection.servers, byVars.cluster], ['nats://env:1', 'env']);
  assert.is(findTarget({}, { COPPICE_DATA: 'e' }, running('e')).cluster, 'mine');
  for (const folder of ['.coppice', '.demo'])
    assert.is(findTarget({}, {}, running(folder)).connection.servers, file.nats);
  const byDefault = findTarget({ cluster: 'other' }, {}, running());
  assert.equal([byDefault.connection.servers, byDefault.cluster], [undefined, 'other']);
});

test('a folder that is named and holds no running cluster is an error that says what to do', () => {
  const stopped = (): FoundCluster => ({ kind: 'stopped', pid: 12 });
  const call = (): unknown => findTarget({ data: 'd' }, {}, stopped);
  assert.throws(call, /no cluster runs in `d`; the last one \(pid 12\) is gone: start one with `coppice up --data d`/);
  try {
    call();
  } catch (error) {
    assert.is(exitCodeOf(error), 4);
  }
});

test('credentials of the environment are not shown to an embedded NATS', () => {
  const vars = { NATS_CA: 'ca.pem', NATS_USER: 'me' };
  assert.equal(findTarget({ data: 'd' }, vars, running('d')).connection, { servers: file.nats });
  const { pid, started, cluster, nats, leaves, root } = file;
  const shared: ClusterFile = { pid, started, cluster, nats, leaves, root };
  const found = findTarget({ data: 'd', tlsKey: 'k.pem' }, vars, () => ({ kind: 'running', file: shared }));
  assert.equal(found.connection, { servers: file.nats, user: 'me', tls: { key: resolve('k.pem') } });
});

test('a connection reaches a child by its environment, whole, and nothing else of NATS does', () => {
  const connection = { servers: 'nats://a:1,nats://b:2', user: 'u', password: 'p', tls: { ca: '/ca' } };
  const vars = withConnection({ PATH: '/bin', NATS_TOKEN: 'old', NATS_URL: 'nats://old:1' }, connection);
  assert.equal(connectionOptionsFrom(vars), connection);
  assert.equal(Object.keys(vars).toSorted(), ['NATS_CA', 'NATS_PASSWORD', 'NATS_URL', 'NATS_USER', 'PATH']);
});

test('a configuration survives the way to a child process', () => {
  const config = {
    name: 'leaf-1',
    cluster: 'c',
    data: '/d',
    zone: 'z',
    depot: 'file:///d',
    checkpointRecords: 500,
    workers: 2,
    connection: { servers: 'nats://a:1' },
    log: { level: 'debug', pretty: true },
  } as const;
  assert.equal(processConfigFrom(processArgs(config), { NATS_URL: 'nats://a:1' }), config);
  assert.throws(() => processConfigFrom(['--nam', 'x'], {}), /nam/);
  assert.throws(() => processConfigFrom([], {}), /--name is missing/);
});

test.run();
