/** The examples do what they say: each runs in a process of its own against a cluster. */
import * as assert from 'uvu/assert';
import { clusterSuite } from '../support/cluster-suite.ts';
import { type Finished, runProgram } from '../support/run-program.ts';

const test = clusterSuite('examples');

test('a bare NATS client creates an index, writes, searches, and gets a hint for a typing error', async ({
  cluster,
}) => {
  const [found, refused] = jsonLinesOf(await runProgram('examples/bare-nats', { NATS_URL: cluster.url }));
  assert.equal(idsOf(found), ['2']);
  assert.is(at(refused, 'status'), 400);
  assert.match(String(at(refused, 'error', 'reason')), 'did you mean `search`?');
});

test('an embedded client sees its own writes', async ({ cluster }) => {
  const lines = linesOf(await runProgram('examples/embedded-client', { NATS_URL: cluster.url }));
  assert.match(lines[0] ?? '', /^2 \d.*"pages":127/);
  assert.match(lines[1] ?? '', /^404 GROUP_NOT_FOUND.*did you mean `client-books`/);
});

test('a service hosts its own groups, with two copies of each shard', async ({ cluster }) => {
  const lines = linesOf(await runProgram('examples/actor-group', { NATS_URL: cluster.url }));
  assert.equal(lines, ['{"key":"pears","value":2}', '2', '7', '409 CONFLICT: there are only 2 pears', '3']);
});

test('the engine works alone', async () => {
  const lines = linesOf(await runProgram('examples/engine-alone'));
  assert.is(lines.length, 3);
  assert.match(lines[0] ?? '', 'Moby-Dick');
});

test.run();

function linesOf({ code, stdout, stderr }: Finished): string[] {
  assert.is(code, 0, `${stderr}\n${stdout}`);
  return stdout.trim().split('\n');
}

function jsonLinesOf(finished: Finished): unknown[] {
  return linesOf(finished).map((line) => JSON.parse(line) as unknown);
}

function idsOf(answer: unknown): unknown[] {
  const hits = at(answer, 'hits', 'hits');
  return Array.isArray(hits) ? hits.map((hit) => at(hit, '_id')) : [];
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((inner: unknown, key) => (inner as Readonly<Record<string, unknown>> | undefined)?.[key], value);
}
