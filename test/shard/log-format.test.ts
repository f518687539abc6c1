/** A log that holds what this version cannot read: its copies halt, each once, and say why. */
import * as assert from 'uvu/assert';
import { Writer } from '../../src/client/writer.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { encode } from '../../src/wire/codec.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { openStory, within } from './support/story.ts';

const test = natsSuite('shard/log-format');
const never = new AbortController().signal;

test('a record of an unknown format halts every copy, with its place as the reason', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('newer', { leaves: ['a', 'b'] });
  await story.primaryOf(group);
  const writer = new Writer(story.context);
  const [written] = await writer.write(group, 'add', [{ key: 'k', body: { key: 'k' } }], within(10_000));
  assert.ok(written?.ok);
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const last = await log.last(0);
  if (last === undefined) throw new Error('the log is empty');
  const { generation, term } = decodeLogRecord(last.data);
  const data = encode({ v: 2, k: 'batch', g: generation, t: term, ps: last.seq, pi: last.id, ops: [] }, 'msgpack');
  const outcome = await log.append(0, { id: 'newer.record.1', data, expectedSeq: last.seq }, never);
  assert.is(outcome.kind, 'appended');
  const copies = () => leaves.flatMap((leaf) => leaf.statuses());
  await eventually(() => copies().length === 2 && copies().every(({ state }) => state === 'halted'));
  const seq = outcome.kind === 'appended' ? outcome.seq : 0;
  for (const { reason } of copies())
    assert.is(reason, `record ${seq}: log record is of format 2, and this version of Coppice reads format 1`);
  const [refused] = await writer.write(group, 'add', [{ key: 'k', body: { key: 'k' } }], within(600));
  assert.is(refused?.ok, false);
  for (const leaf of leaves) {
    const told = leaf.reported.filter(({ message }) => message === 'log cannot be read: shard halted');
    assert.equal(
      told.map(({ fields }) => fields['code']),
      ['UNSUPPORTED_FORMAT'],
    );
    assert.not.ok(leaf.reported.some(({ message }) => message === 'copy failed'));
  }
  assert.is((await log.last(0))?.seq, seq, 'nothing is written after what cannot be read');
  await story.close();
});

test.run();
