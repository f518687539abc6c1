/** Plans come from their seed alone, and are carried out: limits of domains are kept, and everything begun is undone. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FaultDomain, type FaultKind, FaultSkipped } from '../../../actors/chaos/fault.ts';
import { drawPlan, type PlannedFault, planFaults } from '../../../actors/chaos/plan.ts';
import { strikeAll } from '../../../actors/chaos/strike.ts';

const test = suite('actors/chaos/plan');
const NAMES = ['a', 'b', 'c', 'd'];
const OPTIONS = { forMs: 60_000, gapMs: { from: 1_000, to: 3_000 } };

test('a seed gives the same plan each time, and another one gives another', () => {
  const kinds = NAMES.map((name) => kindOf(name));
  const shown = (seed: number): string => drawPlan(planFaults({ ...OPTIONS, seed, kinds }));
  assert.is(shown(1), shown(1));
  assert.is.not(shown(1), shown(2));
});

test('every kind comes once before any comes twice, in order of time', () => {
  const plan = planFaults({ ...OPTIONS, seed: 3, kinds: NAMES.map((name) => kindOf(name)) });
  assert.ok(plan.length >= 20);
  for (let from = 0; from + NAMES.length <= plan.length; from += NAMES.length) {
    const names = plan.slice(from, from + NAMES.length).map(({ kind }) => kind.name);
    assert.equal(names.toSorted(), NAMES);
  }
  const times = plan.map(({ atMs }) => atMs);
  assert.equal(
    times,
    times.toSorted((one, other) => one - other),
  );
  assert.ok(times.every((atMs) => atMs < OPTIONS.forMs));
});

test('a kind that says how long it lasts lasts so long', () => {
  const kinds = [{ ...kindOf('long'), lastsMs: { from: 20_000, to: 21_000 } }];
  const plan = planFaults({ ...OPTIONS, seed: 1, kinds });
  assert.ok(plan.every(({ lastsMs }) => lastsMs >= 20_000 && lastsMs <= 21_000));
});

test('no more faults of a domain at once than it bears, and every one is undone', async () => {
  const now = { leaf: 0, root: 0, nats: 0, depot: 0 };
  const most = { leaf: 0, root: 0, nats: 0, depot: 0 };
  const kind = (domain: FaultDomain): FaultKind => ({
    ...kindOf(domain, domain),
    begin: async () => {
      most[domain] = Math.max(most[domain], ++now[domain]);
      return { what: domain, end: async () => void (now[domain] -= 1) };
    },
  });
  const domains = ['nats', 'nats', 'leaf', 'leaf', 'leaf', 'nats'] as const;
  const plan = domains.map((domain, at) => planned(kind(domain), { atMs: at, lastsMs: 20 }));
  const struck = await strikeAll(plan, surroundings().options);
  assert.is(struck.length, domains.length);
  assert.equal(now, { leaf: 0, root: 0, nats: 0, depot: 0 });
  assert.equal(most, { leaf: 2, root: 0, nats: 1, depot: 0 });
});

test('a fault that cannot be done is told of, and the others go on', async () => {
  const cannot: FaultKind = {
    ...kindOf('cannot'),
    begin: async () => Promise.reject(new FaultSkipped('nobody is there')),
  };
  const { options, told } = surroundings();
  const plan = [planned(cannot, { atMs: 0, lastsMs: 1 }), planned(kindOf('can'), { atMs: 1, lastsMs: 1 })];
  const struck = await strikeAll(plan, options);
  assert.equal(
    new Map(struck.map(({ kind, skipped }) => [kind, skipped])),
    new Map([
      ['cannot', true],
      ['can', false],
    ]),
  );
  assert.ok(told.includes('cannot: SKIPPED: nobody is there'));
});

test('a fault that fails ends the run, when the others are undone', async () => {
  let undone = false;
  const slowOne: FaultKind = {
    ...kindOf('slow'),
    begin: async () => ({ what: '', end: async () => void (undone = true) }),
  };
  const broken: FaultKind = {
    ...kindOf('broken', 'nats'),
    begin: async () => Promise.reject(new Error('no such server')),
  };
  const plan = [
    planned(slowOne, { atMs: 0, lastsMs: 30 }),
    planned(broken, { atMs: 1, lastsMs: 1 }),
    planned(kindOf('never'), { atMs: 20, lastsMs: 1 }),
  ];
  const { options, told } = surroundings();
  let failure: unknown;
  await strikeAll(plan, options).catch((error: unknown) => (failure = error));
  assert.ok(failure instanceof Error && failure.message === 'no such server');
  assert.ok(undone);
  assert.not.ok(told.some((text) => text.startsWith('never')));
});

test('what is aborted begins nothing more, and undoes what it began', async () => {
  const abort = new AbortController();
  let undone = 0;
  const kind: FaultKind = {
    ...kindOf('one'),
    begin: async () => {
      abort.abort(new Error('enough'));
      return { what: '', end: async () => void (undone += 1) };
    },
  };
  const plan = [planned(kind, { atMs: 0, lastsMs: 60_000 }), planned(kind, { atMs: 60_000, lastsMs: 1 })];
  const struck = await strikeAll(plan, { ...surroundings().options, signal: abort.signal });
  assert.is(struck.length, 1);
  assert.is(undone, 1);
});

test.run();

function kindOf(name: string, domain: FaultDomain = 'leaf'): FaultKind {
  return { name, domain, does: name, begin: async () => ({ what: name, end: async () => {} }) };
}

function planned(kind: FaultKind, { atMs, lastsMs }: { atMs: number; lastsMs: number }): PlannedFault {
  return { kind, atMs, lastsMs, seed: 1 };
}

function surroundings() {
  const told: string[] = [];
  const tell = (text: string): void => {
    told.push(text);
  };
  return { told, options: { nowMs: () => performance.now(), tell, signal: new AbortController().signal } };
}
