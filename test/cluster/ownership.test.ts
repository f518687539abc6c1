/** Whether the owner of a lease still lives and leads, from everything that one process can know of it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeardPulse } from '../../src/cluster/membership.ts';
import { CLAIM_GRACE_MS, DEAD_MS, DOUBT_MS, judgeOwner, type OwnerEvidence } from '../../src/cluster/ownership.ts';

const test = suite('cluster/ownership');

const NOW = 100_000;

function heard(agoMs: number, options: { state?: string; incarnation?: string; shard?: number } = {}): HeardPulse {
  const { state = 'primary', incarnation = 'i1', shard = 0 } = options;
  const copy = { group: 'g', generation: 'x', shard, state, term: 1, seq: 1, lastSeq: 1, docCount: 0, sizeBytes: 0 };
  return { atMs: NOW - agoMs, pulse: { leaf: 'a', incarnation, load: 0, rssBytes: 0, copies: [copy] } };
}

function judge(changes: Partial<OwnerEvidence> & { leaseAgeMs?: number }): string {
  const { leaseAgeMs = 60_000, ...evidence } = changes;
  return judgeOwner({
    lease: { owner: 'a', incarnation: 'i1', term: 1, seenAtMs: NOW - leaseAgeMs },
    group: 'g',
    generation: 'x',
    shard: 0,
    heard: undefined,
    busSilenceMs: 0,
    nowMs: NOW,
    ...evidence,
  });
}

test('no lease, or one given back, has no owner', () => {
  assert.is(judge({ lease: undefined }), 'lost');
  assert.is(judge({ lease: { owner: '', incarnation: '', term: 3, seenAtMs: NOW } }), 'lost');
});

test('an owner whose pulse shows that it leads is alive', () => {
  for (const state of ['promoting', 'primary', 'handingOver'])
    assert.is(judge({ heard: heard(100, { state }) }), 'alive');
});

test('an owner that lives but does not lead is lost, after a grace for new leases', () => {
  assert.is(judge({ heard: heard(100, { state: 'replica' }) }), 'lost');
  assert.is(judge({ heard: heard(100, { shard: 1 }) }), 'lost');
  const young = CLAIM_GRACE_MS - 1;
  assert.is(judge({ heard: heard(100, { state: 'replica' }), leaseAgeMs: young }), 'alive');
});

test('a new process under the name of the owner has not inherited its lease', () => {
  assert.is(judge({ heard: heard(100, { incarnation: 'i2' }) }), 'lost');
});

test('a pulse of an older process says nothing against a newer lease', () => {
  assert.is(judge({ heard: heard(500, { incarnation: 'i0' }), leaseAgeMs: 100 }), 'alive');
});

test('silence raises a doubt, then certainty, if the bus itself is heard', () => {
  assert.is(judge({ heard: heard(DOUBT_MS - 1) }), 'alive');
  assert.is(judge({ heard: heard(DOUBT_MS) }), 'ask');
  assert.is(judge({ heard: heard(DEAD_MS) }), 'lost');
});

test('a silent bus proves nothing about one leaf', () => {
  assert.is(judge({ heard: heard(DEAD_MS * 2), busSilenceMs: DEAD_MS * 2 }), 'ask');
});

test('an owner never heard is asked', () => {
  assert.is(judge({ leaseAgeMs: DOUBT_MS - 1 }), 'alive');
  assert.is(judge({ leaseAgeMs: DOUBT_MS }), 'ask');
});

test.run();
