/**
 * The requests shown in the pages are sent to a real cluster, in the order of the page. An answer shown below a request
 * must have the shape of the one received: the same fields, of the same types.
 */
import { connect } from 'nats';
import * as assert from 'uvu/assert';
import { clusterSuite } from '../support/cluster-suite.ts';
import { eventually } from '../support/eventually.ts';
import { fencesOf, readPage } from '../support/markdown.ts';

const PAGES = ['docs/protocol.md', 'docs/queries.md', 'docs/analysis.md', 'docs/aggregations.md', 'docs/snapshots.md'];
const REQUEST = /^nats req (\S+) '([^']*)'$/;

type Shown = { readonly subject: string; readonly body: string; readonly answer?: unknown };

const test = clusterSuite('docs/requests', { depot: 'nats:' });

for (const path of PAGES) {
  test(`the requests of ${path} are answered as it says`, async ({ cluster }) => {
    const nats = await connect({ servers: cluster.url });
    try {
      const requests = requestsOf(readPage(path));
      assert.ok(requests.length > 0, `${path} shows no request`);
      for (const { subject, body, answer } of requests) {
        const ask = async (): Promise<boolean> => {
          const received = (await nats.request(subject, body, { timeout: 10_000 })).json<unknown>();
          if (answer !== undefined) assert.equal(shapeOf(received), shapeOf(answer));
          else assert.not.ok(isError(received), JSON.stringify(received));
          return true;
        };
        // A write asked twice would be answered otherwise; a read may come before the last write has reached all copies.
        if (/\.(search|count|msearch|explain|get|mget|cluster-\w+|shard-history|indices)\./.test(subject))
          await eventually(ask, { what: `${subject} ${body}` });
        else await ask();
      }
    } finally {
      await nats.close();
    }
  });
}

test.run();

function requestsOf(page: string): readonly Shown[] {
  const fences = fencesOf(page);
  return fences.flatMap(({ language, text }, place) => {
    if (language !== 'sh') return [];
    const requests = text.split('\n').flatMap((line): Shown[] => {
      const [, subject, body] = REQUEST.exec(line) ?? [];
      return subject === undefined || body === undefined ? [] : [{ subject, body }];
    });
    const next = fences[place + 1];
    const last = requests.at(-1);
    if (last === undefined || next?.language !== 'json' || next.mark !== undefined) return requests;
    return [...requests.slice(0, -1), { ...last, answer: JSON.parse(next.text) as unknown }];
  });
}

/** A value without what changes from run to run: types for values, and each shape of a list's elements once. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((element: unknown) => JSON.stringify(shapeOf(element))))];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [
    key,
    key === 'token' ? 'token' : shapeOf(inner),
  ]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isError(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'error' in answer;
}
