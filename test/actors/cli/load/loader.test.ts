import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Loader, type LoadFailure } from '../../../../actors/cli/load/loader.ts';
import type { SourceItem } from '../../../../actors/cli/load/source.ts';
import { systemEnv } from '../../../../src/env.ts';
import { CoppiceError } from '../../../../src/errors.ts';

const test = suite('actors/cli/load/loader');

type Bulk = { readonly ids: string[]; readonly docs: unknown[] };
type Answer = (bulk: Bulk, attempt: number) => Promise<readonly (number | undefined)[] | undefined>;
const REASONS: Readonly<Record<number, string>> = { 400: 'bad', 429: 'busy', 503: 'away' };

/** A cluster that keeps what it is sent; `answer` gives a status for each document that fails. */
class FakeCluster {
  readonly stored = new Map<string, unknown>();
  readonly bulks: Bulk[] = [];
  underWay = 0;
  mostUnderWay = 0;
  readonly #answer: Answer;

  constructor(answer: Answer = async () => undefined) {
    this.#answer = answer;
  }

  async request(_action: string, _index: string, body?: unknown): Promise<unknown> {
    const { operations } = body as { operations: readonly Record<string, unknown>[] };
    const ids = operations.flatMap((operation, at) =>
      at % 2 === 0 ? [(operation['index'] as { _id: string })._id] : [],
    );
    const docs = operations.filter((_, at) => at % 2 === 1);
    const bulk = { ids, docs };
    this.bulks.push(bulk);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      const statuses = await this.#answer(bulk, this.bulks.length);
      const items = ids.map((id, place) => {
        const status = statuses?.[place] ?? 201;
        if (status === 201) this.stored.set(id, docs[place]);
        return {
          index: status === 201 ? { status } : { status, error: { type: 'error', reason: REASONS[status] ?? '' } },
        };
      });
      return { took: 1, errors: items.some(({ index }) => 'error' in index), items };
    } finally {
      this.underWay -= 1;
    }
  }
}

function loaderOf(coppice: FakeCluster, failures: LoadFailure[] = [], signal = new AbortController().signal): Loader {
  return new Loader({
    coppice,
    index: 'i',
    env: systemEnv,
    signal,
    onProgress: () => {},
    onFailure: (failure) => failures.push(failure),
  });
}

async function* documents(count: number, idOf: (n: number) => string | undefined = String): AsyncGenerator<SourceItem> {
  for (let n = 0; n < count; n++)
    yield { line: n + 1, raw: Buffer.from(`{"n":${n}}`), share: undefined, id: idOf(n), doc: { n } };
}

const later = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('everything is sent once, and no more than four requests are under way', async () => {
  const cluster = new FakeCluster(async () => {
    await later();
    return undefined;
  });
  const { docs, failed } = await loaderOf(cluster).run(documents(12_345));
  assert.equal([docs, failed, cluster.stored.size], [12_345, 0, 12_345]);
  assert.is(cluster.mostUnderWay, 4);
  assert.ok(cluster.bulks.every(({ ids }) => ids.length <= 1_000));
});

test('a document that is refused for a while is sent again, alone, under the same id', async () => {
  const cluster = new FakeCluster(async (_, attempt) => (attempt <= 2 ? [undefined, 429, 503] : undefined));
  const { docs, failed } = await loaderOf(cluster).run(documents(3, () => undefined));
  assert.equal([docs, failed, cluster.stored.size], [3, 0, 3]);
  const [first, second] = cluster.bulks;
  assert.equal(second?.ids, first?.ids.slice(1));
});

test('a document that is wrong fails with its line and its reason', async () => {
  const failures: LoadFailure[] = [];
  const cluster = new FakeCluster(async () => [undefined, 400, undefined]);
  const { docs, failed } = await loaderOf(cluster, failures).run(documents(3));
  assert.equal([docs, failed], [2, 1]);
  assert.equal(
    failures.map(({ line, reason }) => [line, reason]),
    [[2, 'error: bad']],
  );
});

test('of two documents with one id the later one wins, also when the earlier one is refused at first', async () => {
  let refused = false;
  const cluster = new FakeCluster(async () => {
    await later();
    const first = !refused;
    refused = true;
    return first ? [503] : undefined;
  });
  await loaderOf(cluster).run(documents(3_000, (n) => (n % 1_000 === 0 ? 'same' : String(n))));
  assert.equal(cluster.stored.get('same'), { n: 2_000 });
  for (const { ids } of cluster.bulks) assert.is(new Set(ids).size, ids.length);
});

test('an overloaded cluster is waited for, and a missing index ends the load', async () => {
  let tries = 0;
  const busy = new FakeCluster(async () => {
    tries += 1;
    if (tries < 3) throw new CoppiceError('OVERLOADED', 'busy');
    return undefined;
  });
  assert.is((await loaderOf(busy).run(documents(5))).docs, 5);
  const gone = new FakeCluster(async () => {
    throw new CoppiceError('GROUP_NOT_FOUND', 'gone');
  });
  let code = '';
  await loaderOf(gone)
    .run(documents(10_000))
    .catch((error: CoppiceError) => (code = error.code));
  assert.is(code, 'GROUP_NOT_FOUND');
  assert.ok(gone.bulks.length <= 8, 'nothing is sent after it is known');
});

test('an interrupted load ends, and what was under way is waited for', async () => {
  const controller = new AbortController();
  const cluster = new FakeCluster(async (_, attempt) => {
    if (attempt === 3) controller.abort(new CoppiceError('CANCELLED', 'stop'));
    await later();
    return undefined;
  });
  let code = '';
  await loaderOf(cluster, [], controller.signal)
    .run(documents(50_000))
    .catch((error: CoppiceError) => (code = error.code));
  assert.is(code, 'CANCELLED');
  assert.is(cluster.underWay, 0);
});

test.run();
