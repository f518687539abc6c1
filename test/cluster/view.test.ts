/** The registry as one process sees it: by name and by life, with what it cannot read left out and told. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Registry, RegistryChange } from '../../src/bus/registry.ts';
import { ClusterView, groupKey, leaseKey, placementKey, sharedKey } from '../../src/cluster/view.ts';
import { systemEnv } from '../../src/env.ts';
import type { GroupRecord } from '../../src/wire/records.ts';

const test = suite('cluster/view');

const GROUP: GroupRecord = {
  name: 'my.books',
  generation: 'g1',
  kind: 'stateful',
  actor: 'search',
  requires: 'search',
  copies: 1,
  slots: { version: 1, ranges: [{ from: 0, to: 1023, shard: 0 }] },
  endpoints: {},
  settings: null,
  createdMs: 0,
};

/** A view, and what feeds it. */
async function newView(): Promise<{
  view: ClusterView;
  feed: (key: string, value: unknown) => void;
  reports: string[];
}> {
  let onChange: (change: RegistryChange) => void = () => {};
  let revision = 0;
  const unused = async (): Promise<never> => {
    throw new Error('the view only watches');
  };
  const registry: Registry = {
    get: unused,
    create: unused,
    update: unused,
    put: unused,
    delete: unused,
    list: unused,
    watch: async (_, listener) => {
      onChange = listener;
      return { close: async () => {} };
    },
  };
  const reports: string[] = [];
  const view = new ClusterView(systemEnv.clock, (_, message, fields) =>
    reports.push(`${message} ${String(fields?.['key'])}`),
  );
  await view.start(registry);
  return { view, reports, feed: (key, value) => onChange({ key, value, revision: ++revision }) };
}

test('a group is found by its name, dots and all, until it is being deleted', async () => {
  const { view, feed } = await newView();
  feed(groupKey('my.books'), GROUP);
  assert.is(view.group('my.books')?.generation, 'g1');
  feed(groupKey('my.books'), { ...GROUP, deleting: true });
  assert.is(view.group('my.books'), undefined);
  assert.is(view.groups.get('my.books')?.value.deleting, true);
  feed(groupKey('my.books'), undefined);
  assert.is(view.groups.size, 0);
});

test('placement, leases and shared documents belong to one life of a group', async () => {
  const { view, feed } = await newView();
  const next = { ...GROUP, generation: 'g2' };
  feed(placementKey('my.books'), { generation: 'g1', version: 1, shards: [{ shard: 0, copies: ['a'] }] });
  feed(leaseKey(GROUP, 0), { owner: 'a', incarnation: 'i', term: 3 });
  feed(sharedKey(GROUP), { document: { fields: 1 } });
  assert.equal(view.placement(GROUP)?.shards, [{ shard: 0, copies: ['a'] }]);
  assert.is(view.lease(GROUP, 0)?.value.term, 3);
  assert.equal(view.shared(GROUP)?.value, { fields: 1 });
  assert.equal(
    [view.placement(next), view.lease(next, 0), view.shared(next), view.lease(GROUP, 1)],
    Array(4).fill(undefined),
  );
  feed(leaseKey(GROUP, 0), undefined);
  assert.is(view.lease(GROUP, 0), undefined);
});

test('what cannot be read is told and left out; what was known before stays', async () => {
  const { view, feed, reports } = await newView();
  feed(groupKey('my.books'), GROUP);
  feed(groupKey('my.books'), { name: 'my.books' });
  assert.is(view.group('my.books')?.generation, 'g1');
  assert.equal(reports, ['registry entry ignored group.my=books']);
});

test('whoever waits for a change is woken by it, or told that it did not come', async () => {
  const { view, feed } = await newView();
  const waiting = view.until(() => view.group('my.books') !== undefined, 5_000);
  feed(groupKey('my.books'), GROUP);
  assert.is(await waiting, true);
  assert.is(await view.until(() => view.group('another') !== undefined, 5), false);
});

test.run();
