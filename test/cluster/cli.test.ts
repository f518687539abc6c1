import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serve } from '../../src/host/serve.ts';
import { counterDefinition } from '../shard/support/counter.ts';
import { isRunning, type ProcessCluster, runCoppice, spawnCoppice, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { slow } from '../support/slow.ts';

const test = suite<{ cluster: ProcessCluster }>('cluster/cli');
let boot: Promise<ProcessCluster> | undefined;
let folder = '';

test.before.each(async (context) => {
  boot ??= mkdtemp(join(tmpdir(), 'coppice-cli-')).then(async (made) => {
    folder = made;
    return startCluster();
  });
  context.cluster = await boot;
});
test.after(async () => {
  // A boot that failed has failed every test already; a stop that fails must fail the run.
  const cluster = await boot?.catch(() => undefined);
  await cluster?.stop();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

test('why tells what the copies of a shard went through', async ({ cluster }) => {
  slow(60_000);
  const created = await cluster.coppice('index', 'create', 'reasons', '--shards', '1');
  assert.is(created.code, 0, created.stderr);
  const told = await cluster.coppice('why', 'reasons/0');
  assert.is(told.code, 0, told.stderr);
  assert.match(told.stdout, /^time +leaf +step +cause\n/);
  assert.match(told.stdout, /leaf-\d +unassigned → restoring +copy\.open\n/);
  assert.match(told.stdout, /suspecting +owner\.lost: nobody has led the shard yet\n/);
  assert.match(told.stdout, /claiming → barrier +lease\.won \(term 1\)\n/);
  const json = await cluster.coppice('why', 'reasons/0', '--json');
  assert.is(JSON.parse(json.stdout)._leaves.total, 3);
  const noShard = await cluster.coppice('why', 'reasons/7');
  assert.is(noShard.code, 1);
  assert.match(noShard.stderr, /`reasons` has no shard 7; it has 0/);
  const noIndex = await cluster.coppice('why', 'nothing/0', '--json');
  assert.is(noIndex.code, 1);
  assert.is(JSON.parse(noIndex.stdout).error.type, 'index_not_found_exception');
  const noPlace = await cluster.coppice('why', 'reasons');
  assert.is(noPlace.code, 2);
  assert.match(noPlace.stderr, /expected an index and the number of a shard, got `reasons`/);
});

test('documents go in and come out, by every command', async ({ cluster }) => {
  slow(120_000);
  const created = await cluster.coppice(
    'index',
    'create',
    'books',
    '--shards',
    '3',
    '--mappings',
    '{"properties":{"year":{"type":"long"}}}',
  );
  assert.is(created.code, 0, created.stderr);
  const put = await cluster.coppice('put', 'books', '1', '{"title":"Moby Dick","year":1851}', '--json');
  assert.is(JSON.parse(put.stdout).result, 'created');
  const got = await cluster.coppice('get', 'books', '1');
  assert.equal(JSON.parse(got.stdout), { title: 'Moby Dick', year: 1851 });
  const found = await cluster.coppice('search', 'books', 'moby');
  assert.match(found.stdout, /1 hit .*3 shards/);
  assert.match(found.stdout, /1\. +[\d.]+ +1 +\*\*Moby\*\* Dick/);
  const body = await cluster.coppice('search', 'books', '--body', '{"query":{"term":{"year":1851}}}', '--json');
  assert.is(JSON.parse(body.stdout).hits.hits[0]._id, '1');
  const list = await cluster.coppice('index', 'list');
  assert.match(list.stdout, /books +green +search +3 +1 +1 /);
  const deleted = await cluster.coppice('delete', 'books', '1');
  assert.is(deleted.code, 0);
  const gone = await cluster.coppice('get', 'books', '1');
  assert.is(gone.code, 1);
  assert.is(gone.stderr, 'coppice: there is no document `1` in `books`\n');
});

test('an actor group is called, and deleted when nobody hosts it any more', async ({ cluster }) => {
  slow(120_000);
  const served = await serve(counterDefinition, { connection: { servers: cluster.line.nats } });
  const added = await cluster.coppice('call', 'counter', 'add', '{"key":"k","by":2}', '--json');
  assert.is(added.code, 0, added.stderr);
  await served.close();
  const refused = await cluster.coppice('index', 'delete', 'counter');
  assert.is(refused.code, 1);
  const deleted = await cluster.coppice('group', 'delete', 'counter');
  assert.is(deleted.stdout, 'group `counter` deleted\n');
  const again = await cluster.coppice('group', 'delete', 'counter');
  assert.is(again.code, 1);
  assert.match(again.stderr, /^coppice: there is no index or group `counter`/);
});

test('a file is loaded, and the lines that fail are told and kept', async ({ cluster }) => {
  slow(120_000);
  await cluster.coppice('index', 'create', 'lines', '--mappings', '{"properties":{"n":{"type":"long"}}}');
  const file = join(folder, 'lines.jsonl');
  const good = Array.from({ length: 3_000 }, (_, n) =>
    JSON.stringify({ id: `d${n}`, n, text: `document number ${n}` }),
  );
  await writeFile(file, ['', ...good, 'no json', '{"id":"x","n":"many"}', '[1]', ''].join('\r\n'));
  const loaded = await cluster.coppice('load', 'lines', file);
  assert.is(loaded.code, 1);
  assert.match(loaded.stdout, /^3,000 documents loaded in .*3 lines failed, kept in .*lines\.jsonl\.failed\.jsonl\n$/);
  assert.match(loaded.stderr, /line 3002: not JSON/);
  assert.match(loaded.stderr, /line 3003: document_parsing_exception: .*\[n\]/);
  assert.match(loaded.stderr, /line 3004: not a JSON object/);
  const kept = await readFile(`${file}.failed.jsonl`, 'utf8');
  assert.equal(kept.split('\n').toSorted(), ['', '[1]', 'no json', '{"id":"x","n":"many"}']);
  const count = await cluster.coppice('search', 'lines', '--size', '0', '--json');
  assert.is(JSON.parse(count.stdout).hits.total.value, 3_000);

  const piped = await runCoppice(['load', 'lines', '-', '--data', cluster.data, '--json'], {
    input: '{"id":"d1","n":-1}\n{"id":"d1","n":-2}\n',
  });
  assert.is(piped.code, 0, piped.stderr);
  assert.is(JSON.parse(piped.stdout).loaded, 2);
  const last = await cluster.coppice('get', 'lines', 'd1');
  assert.equal(JSON.parse(last.stdout), { id: 'd1', n: -2 }, 'the later line of two with one id wins');
});

test('status and health tell of leaves, shards and copies', async ({ cluster }) => {
  await cluster.coppice('index', 'create', 'seen', '--shards', '2');
  await eventually(async () => (await cluster.coppice('health')).code === 0, { withinMs: 20_000, what: 'green' });
  const status = await cluster.coppice('status');
  for (const { name, pid } of cluster.line.leaves) assert.match(status.stdout, new RegExp(`${name} +${pid} `));
  assert.match(status.stdout, /seen: 2 shards, 1 replica of each\nleaf +shard 0 +shard 1\n/);
  const { indices, leaves } = JSON.parse((await cluster.coppice('status', '--json')).stdout);
  assert.is(leaves.length, 3);
  assert.ok(indices.some((index: { name: string }) => index.name === 'seen'));
});

test('writes that were skipped are listed, and snapshots are refused with advice of their own', async ({ cluster }) => {
  slow(60_000);
  const depot = ['--depot', `file://${join(folder, 'depot')}`];
  const took = (action: string, ...more: string[]): ReturnType<typeof runCoppice> =>
    cluster.coppice('snapshot', action, 'monday', ...depot, ...more);
  const created = await cluster.coppice('index', 'create', 'skips', '--shards', '2');
  assert.is(created.code, 0, created.stderr);
  const skipped = await cluster.coppice('skipped', 'skips');
  assert.is(skipped.code, 0, skipped.stderr);
  assert.is(skipped.stdout, 'skips has skipped no write\n');
  const missing = await took('delete');
  assert.is(missing.code, 1);
  assert.match(missing.stderr, /no snapshot `monday` in .*coppice snapshot list/);
  const taken = await took('create', '--indexes', 'skips');
  assert.is(taken.code, 0, taken.stderr);
  const again = await took('create', '--indexes', 'skips');
  assert.match(again.stderr, /a snapshot `monday` already.*coppice snapshot delete NAME/);
  const noIndex = await took('restore', '--indexes', 'skip');
  assert.match(noIndex.stderr, /no index or group `skip` in snapshot `monday` \(see `coppice snapshot list`/);
  const present = await took('restore');
  assert.is(present.code, 1);
  assert.match(present.stderr, /`skips` already.*\(--as NAME, or `coppice index delete NAME`\)/);
});

test('every wrong input has its line, its hint and its exit code', async ({ cluster }) => {
  slow(120_000);
  const { data } = cluster;
  const [socket, lines] = [join(folder, 'socket'), join(folder, 'two-lines.jsonl')];
  const listener = createServer().listen(socket);
  await writeFile(lines, '{"id":1}\n{"id":2}\n');
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ['serach', 'books', 'x'],
      2,
      /^coppice: unknown command 'serach' \(Did you mean search\?\) \(see `coppice --help`\)\n$/,
    ],
    [
      ['search', 'books', '--sise', '3'],
      2,
      /unknown option '--sise' \(Did you mean --size\?\) \(see `coppice search --help`\)/,
    ],
    [['search', 'books', '--size', 'ten'], 2, /--size <n>.*'ten' is invalid.*whole number from 0 to 10000/],
    [['index', 'create'], 2, /missing required argument 'name' \(see `coppice index create --help`\)/],
    [['index'], 2, /`coppice index` needs a command/],
    [['put', 'books', '1', '{bad', '--data', data], 2, /the document is no JSON: .*quote it for the shell/],
    [['put', 'books', '1', '[1]', '--data', data], 2, /the document is no JSON object/],
    [['load', 'books', 'nowhere.jsonl', '--data', data], 2, /there is no file `nowhere\.jsonl`/],
    [['index', 'create', 'Bad Name', '--data', data], 1, /invalid index name `Bad Name`: use lower-case letters/],
    [['search', 'nothere', 'x', '--data', data], 1, /no index or group `nothere`.*coppice index create/],
    [['search', 'books', '--body', '{"qery":{}}', '--data', data], 1, /qery.*did you mean/],
    [['call', 'nothere', 'x', '--data', data], 1, /no index or group `nothere`/],
    [['status', '--data', join(data, 'none')], 4, /no cluster runs in/],
    [
      ['status', '--nats', 'nats://127.0.0.1:1'],
      4,
      /cannot reach NATS at nats:\/\/127\.0\.0\.1:1: connection refused.*--nats/,
    ],
    [['status', '--nats', 'http://x'], 4, /is no NATS address/],
    [['up', '--data', data], 4, /is in use by pid \d+: stop that cluster/],
    [['up', '--data', ''], 2, /--data <dir>.*It is empty/],
    [['status', '--nats', ''], 2, /--nats <urls>.*It is empty/],
    [['load', 'books', socket, '--data', data], 2, /cannot read `.*socket`: ENXIO/],
    [['load', 'books', lines, '--failed', lines, '--data', data], 2, /cannot be loaded and take the lines that fail/],
    [['load', 'books', lines, '--failed', folder, '--data', data], 2, /is a folder .*--failed/],
    [['load', 'books', lines, '--failed', join(folder, 'none', 'x'), '--data', data], 2, /there is no folder/],
    [['index', 'create', 'mapped', '--mappings', lines, '--data', data], 2, /mappings in `.*` is no JSON: [^(]*$/],
    [['leaf', '--name', 'leaf-1', '--data', data], 3, /leaf-1/],
  ];
  await Promise.all(
    [0, 1, 2].map(async (lane) => {
      for (const [args, code, message] of cases.filter((_, place) => place % 3 === lane)) {
        const ended = await runCoppice(args);
        assert.is(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
        assert.match(ended.stderr, message);
        assert.is(ended.stderr.trimEnd().split('\n').length, 1, `one line: ${ended.stderr}`);
        assert.is(ended.stdout, '');
      }
    }),
  );
  listener.close();
  const machine = await runCoppice(['search', 'nothere', 'x', '--json', '--data', data]);
  assert.is(JSON.parse(machine.stdout).status, 404);
});

test('a command finds its cluster by environment too', async ({ cluster }) => {
  const byUrl = await runCoppice(['index', 'list'], { vars: { NATS_URL: cluster.url }, cwd: folder });
  assert.is(byUrl.code, 0, byUrl.stderr);
  const byFolder = await runCoppice(['index', 'list'], { vars: { COPPICE_DATA: cluster.data }, cwd: folder });
  assert.is(byFolder.code, 0, byFolder.stderr);
});

test('a reader that closes early is no failure', async ({ cluster }) => {
  const child = spawnCoppice(['search', 'lines', '--size', '1000', '--data', cluster.data]);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout?.destroy();
  await once(child, 'close');
  assert.is(child.exitCode, 0, stderr);
  assert.is(stderr, '');
});

test('a leaf by hand joins and leaves on request', async ({ cluster }) => {
  const leaf = spawnCoppice(['leaf', '--name', 'extra', '--data', cluster.data, '--zone', 'b', '--pretty']);
  let stderr = '';
  leaf.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await eventually(() => /info +extra process ready/.test(stderr), { withinMs: 20_000, what: 'the leaf is ready' });
  assert.match((await cluster.coppice('status')).stdout, /extra +\d+ +\S+ +b /);
  leaf.kill('SIGTERM');
  await once(leaf, 'exit');
  assert.is(leaf.exitCode, 0);
  const { leaves } = JSON.parse((await cluster.coppice('status', '--json')).stdout);
  assert.equal(
    leaves.map(({ name }: { name: string }) => name),
    ['leaf-1', 'leaf-2', 'leaf-3'],
  );
  await eventually(async () => (await cluster.coppice('health')).code === 0, { withinMs: 30_000, what: 'green' });
});

test('each process logs JSON lines with cluster and name', async ({ cluster }) => {
  for (const [name, role] of [
    ['leaf-1', 'leaf'],
    ['root', 'root'],
  ] as const) {
    const lines = (await readFile(join(cluster.data, 'logs', `${name}.log`), 'utf8')).trim().split('\n');
    for (const line of lines) {
      const record = JSON.parse(line);
      assert.is(record.cluster, 'coppice');
      assert.is(record[role], name);
    }
  }
});

test('a leaf that is killed is started again, under its name', async ({ cluster }) => {
  const victim = cluster.line.leaves[1];
  assert.ok(victim);
  process.kill(victim.pid, 'SIGKILL');
  const pid = await eventually(
    async () => {
      const file = JSON.parse(await readFile(join(cluster.data, 'cluster.json'), 'utf8'));
      const now = file.leaves.find((leaf: { name: string }) => leaf.name === victim.name).pid;
      return now !== victim.pid && isRunning(now) && now;
    },
    { withinMs: 20_000, what: 'another process' },
  );
  await eventually(async () => (await cluster.coppice('status')).stdout.includes(String(pid)), {
    withinMs: 20_000,
    what: 'the new pid in the status',
  });
  await eventually(async () => (await cluster.coppice('health')).code === 0, { withinMs: 30_000, what: 'green' });
});

test('a nats-server that is killed comes back at its address, with all it held', async ({ cluster }) => {
  slow(120_000);
  await cluster.coppice('index', 'create', 'kept');
  assert.is((await cluster.coppice('put', 'kept', '1', '{"title":"kept"}')).code, 0);
  const before = cluster.line.natsServer?.pid ?? 0;
  process.kill(before, 'SIGKILL');
  await eventually(
    async () => JSON.parse(await readFile(join(cluster.data, 'cluster.json'), 'utf8')).natsServer.pid !== before,
    { withinMs: 20_000 },
  );
  const found = await eventually(
    async () => {
      const answer = await runCoppice(['get', 'kept', '1', '--nats', cluster.url]);
      return answer.code === 0 ? answer : undefined;
    },
    { withinMs: 40_000 },
  );
  assert.match(found?.stdout ?? '', /kept/);
});

test('SIGTERM ends everything in order, and the data stays', async ({ cluster }) => {
  slow(120_000);
  const file = JSON.parse(await readFile(join(cluster.data, 'cluster.json'), 'utf8'));
  const pids: number[] = [...file.leaves.map((leaf: { pid: number }) => leaf.pid), file.root.pid, file.natsServer.pid];
  assert.is(await cluster.end('SIGTERM'), 0);
  assert.equal(pids.filter(isRunning), []);
  const again = await startCluster({ data: cluster.data });
  try {
    // At once: `up` says that it is ready when every shard serves.
    const found = await again.coppice('get', 'kept', '1');
    assert.match(found.stdout, /kept/, found.stderr);
    const down = await again.coppice('down');
    assert.is(down.code, 0, down.stderr);
    assert.equal(again.pids.filter(isRunning), []);
    assert.is((await again.coppice('down')).stdout, `no cluster runs in ${again.data}\n`);
  } finally {
    await again.stop();
  }
});

test('kill -9 of `up` leaves no process', async () => {
  const cluster = await startCluster({ leaves: 2 });
  await cluster.end('SIGKILL');
  await eventually(() => cluster.pids.every((pid) => !isRunning(pid)), { withinMs: 15_000, what: 'all have ended' });
  const status = await cluster.coppice('status');
  assert.is(status.code, 4);
  assert.match(status.stderr, new RegExp(`the last one \\(pid ${cluster.pid}\\) is gone`));
  await cluster.stop();
});

test('with --no-respawn what dies stays dead', async () => {
  const cluster = await startCluster({ leaves: 2, noRespawn: true });
  try {
    const [victim] = cluster.line.leaves;
    assert.ok(victim);
    process.kill(victim.pid, 'SIGKILL');
    await eventually(
      async () => JSON.parse((await cluster.coppice('health', '--json')).stdout).number_of_leaves === 1,
      { withinMs: 20_000, what: 'one leaf' },
    );
    assert.is(JSON.parse(await readFile(join(cluster.data, 'cluster.json'), 'utf8')).leaves[0].pid, victim.pid);
  } finally {
    await cluster.stop();
  }
});

test('an `up` that is interrupted at its start leaves no process and no lock', async () => {
  const data = join(folder, 'interrupted');
  const up = spawnCoppice(['up', '--json', '--data', data]);
  await eventually(async () => readFile(join(data, 'up.lock'), 'utf8'), { withinMs: 20_000, what: 'the lock' });
  up.kill('SIGINT');
  await once(up, 'exit');
  assert.is(up.exitCode, 130);
  assert.is(existsSync(join(data, 'up.lock')), false);
});

test('on a NATS that is there, `up` starts leaves and root alone', async () => {
  slow(120_000);
  const first = await startCluster({ leaves: 1 });
  try {
    const second = await startCluster({ leaves: 1, args: ['--nats', first.url, '--cluster', 'other'] });
    try {
      assert.is(second.url, first.url);
      assert.is(second.line.natsServer, undefined);
      const status = await second.coppice('status', '--json');
      assert.equal(
        JSON.parse(status.stdout).leaves.map((leaf: { pid: number }) => leaf.pid),
        second.line.leaves.map(({ pid }) => pid),
      );
    } finally {
      await second.stop();
    }
  } finally {
    await first.stop();
  }
});

test('a cluster that a program started over a channel ends when the program is gone', async () => {
  slow(60_000);
  const data = join(folder, 'orphan');
  const up = spawnCoppice(['up', '--json', '--leaves', '1', '--data', data], { ipc: true });
  const exited = once(up, 'exit');
  const [line] = (await once(up.stdout?.setEncoding('utf8') ?? up, 'data')) as [string];
  const { leaves, root, natsServer } = JSON.parse(line) as ProcessCluster['line'];
  const pids = [...leaves, root, ...(natsServer === undefined ? [] : [natsServer])].map(({ pid }) => pid);
  assert.ok(pids.length === 3 && pids.every(isRunning));
  up.disconnect();
  await exited;
  await eventually(() => !pids.some(isRunning), { withinMs: 20_000, what: 'everything ends' });
});

test.run();
