import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drawHistory, parsePlace } from '../../../actors/cli/commands/why.ts';
import { drawExplanation } from '../../../actors/cli/explanation.ts';
import { safeText } from '../../../actors/cli/marked-text.ts';
import { Progress, progressLine } from '../../../actors/cli/progress.ts';
import { showBytes, showCounted, showDuration } from '../../../actors/cli/quantity.ts';
import { drawHits, parseSearchAnswer, searchSummary } from '../../../actors/cli/search-answer.ts';
import { drawStatus } from '../../../actors/cli/status-table.ts';
import { drawTable } from '../../../actors/cli/table.ts';
import type { Output } from '../../../actors/cli/terminal.ts';

const test = suite('actors/cli/drawing');

test('quantities read well', () => {
  assert.equal([0, 999, 1_000, 8_123, 12_345_678].map(showBytes), ['0 B', '999 B', '1.0 KB', '8.1 KB', '12 MB']);
  assert.equal([0.4, 4.2, 42, 999, 3_400, 59_940, 125_000].map(showDuration), [
    '0.40 ms',
    '4.2 ms',
    '42 ms',
    '999 ms',
    '3.4 s',
    '59.9 s',
    '2 min 05 s',
  ]);
  assert.equal(
    [1, 2].map((count) => showCounted(count, 'leaf', 'leaves')),
    ['1 leaf', '2 leaves'],
  );
});

test('a history is a timeline', () => {
  const step = { at: '2026-01-01T00:00:00.000Z', leaf: 'leaf-1', machine: 'copy', from: 'replica', to: 'failed' };
  const _leaves = { failures: [] };
  const drawn = drawHistory(
    {
      _leaves,
      transitions: [
        { ...step, cause: 'copy.failed', reason: 'disk\nis full' },
        { ...step, machine: 'primacy', cause: 'lease.won', term: 3 },
      ],
    },
    'books/0',
  );
  const [head = '', first = '', second = ''] = drawn.split('\n');
  assert.match(head, /^time +leaf +step +cause$/);
  assert.match(first, /Z {2}leaf-1 {2}replica → failed +copy\.failed: disk is full$/);
  assert.match(second, /primacy: replica → failed {2}lease\.won \(term 3\)$/);
  assert.is(drawHistory({ _leaves, transitions: [] }, 'books/0'), 'no leaf remembers a copy of books/0\n');
});

test('a place is an index and a shard, and nothing else', () => {
  assert.equal(parsePlace('logs.2026/12'), { index: 'logs.2026', shard: 12 });
  for (const wrong of ['books', 'books/', '/0', 'books/x', 'books/-1', 'books/1.5', 'a/b/0'])
    assert.throws(() => parsePlace(wrong), /expected an index and the number of a shard/, wrong);
});

test('a table is as wide as its cells', () => {
  const table = drawTable(
    [{ title: 'leaf' }, { title: 'docs', align: 'right' }, { title: 'note' }],
    [
      ['leaf-1', '5', ''],
      ['b', '1,234', 'x'],
    ],
  );
  assert.is(table, 'leaf     docs  note\nleaf-1      5\nb       1,234  x\n');
});

test('an explanation is a tree', () => {
  const leaf = (value: number, description: string) => ({ value, description, details: [] });
  const details = [leaf(1, 'weight(title:sea\u001b[2J)'), leaf(0.123456789, 'tf')];
  const drawn = drawExplanation({ value: 1.5, description: 'sum of:', details });
  assert.is(drawn, `1.5  sum of:\n  1  ${safeText('weight(title:sea\u001b[2J)')}\n  0.12346  tf\n`);
});

test('progress shows share, rate and the time left', () => {
  assert.is(
    progressLine('books', { share: 0.5, docs: 1_000, failed: 2, elapsedMs: 2_000 }),
    'books  ████████████░░░░░░░░░░░░  50 %  1,000 documents  500/s  2.0 s left  2 failed',
  );
  assert.is(
    progressLine('books', { share: undefined, docs: 10, failed: 0, elapsedMs: 1_000 }),
    'books  10 documents  10/s',
  );
  assert.is(
    progressLine('books', { share: 1, docs: 10, failed: 0, elapsedMs: 1_000 }),
    'books  ████████████████████████ 100 %  10 documents  10/s',
  );
});

test('a bar is redrawn on a terminal and told now and then elsewhere', () => {
  const state = { share: 0.1, docs: 1, failed: 0 };
  for (const [isTerminal, expected] of [
    [true, 10],
    [false, 0],
  ] as const) {
    const written: string[] = [];
    let nowMs = 0;
    const output: Output = { isTerminal, colour: false, width: () => 80, write: (text) => written.push(text) };
    const progress = new Progress(output, 'x', () => nowMs);
    for (nowMs = 0; nowMs <= 1_000; nowMs += 10) progress.update(state);
    assert.is(written.length, expected);
    for (; nowMs <= 5_000; nowMs += 10) progress.update(state);
    assert.is(written.length, isTerminal ? 50 : 2);
    progress.clear();
    assert.is(written.at(-1)?.startsWith('\r'), isTerminal);
  }
});

const ANSWER = {
  took: 3,
  timed_out: false,
  _shards: { total: 3, successful: 3, skipped: 0, failed: 0 },
  hits: {
    total: { value: 2, relation: 'eq' },
    max_score: 2,
    hits: [
      {
        _index: 'b',
        _id: '1',
        _score: 2,
        _source: { title: 'Moby Dick', text: 'a whale' },
        highlight: { text: ['a \u{e000}whale\u{e001}'] },
      },
      { _index: 'b', _id: '22', _score: null, _source: { year: 1851 } },
    ],
  },
};

test('hits are a ranked list with marked words', () => {
  const answer = parseSearchAnswer(ANSWER);
  assert.is(searchSummary(answer), '2 hits in 3 ms from 3 shards');
  assert.is(
    drawHits(answer.hits.hits, { width: 80, colour: false, from: 0 }),
    '1.   2.00  1   Moby Dick\n               a **whale**\n2.      -  22  {"year":1851}\n',
  );
});

test('an answer that lost shards says so', () => {
  const answer = parseSearchAnswer({ ...ANSWER, _shards: { total: 3, successful: 2, failed: 1 } });
  assert.match(searchSummary(answer), /INCOMPLETE: 1 of 3 shards did not answer/);
});

const copy = (leaf: string, primary: boolean, seq = 10): Record<string, unknown> => ({
  leaf,
  primary,
  state: primary ? 'primary' : 'replica',
  term: 1,
  seq,
  last_seq: 10,
  docs: 1_000,
  bytes: 2_000_000,
});

test('the status is a table of leaves and shards, cut where it is too wide', () => {
  const leaf = { pid: 1, host: 'h', zone: 'z', draining: false, load: 0.5, rss_bytes: 90_000_000 };
  const recovery = { done_bytes: 12_000_000, bytes_per_second: 40_000_000, remaining_ms: 2_000 };
  const disk = { reason: 'no room for `f` (ENOSPC)', waiting_bytes: 31_000_000 };
  const more = [
    { recovery: { ...recovery, from: 'log' } },
    { recovery: { ...recovery, from: 'local', total_bytes: 9e7 } },
  ];
  const shards = [0, 1, 2].map((shard) => ({
    shard,
    copies: [
      { ...copy('a', shard === 0), ...(more[shard] ?? { disk, checkpoint_failure: 'no rights' }) },
      { ...copy('b', shard !== 0, 7), reason: 'disk full' },
    ],
  }));
  const state = {
    cluster: 'c',
    controller: 'r',
    leaves: [
      { ...leaf, name: 'a' },
      { ...leaf, name: 'b', load: null },
    ],
    indices: [{ name: 'books', kind: 'stateful', replicas: 1, shards }],
  } as unknown as Parameters<typeof drawStatus>[0];
  const wide = drawStatus(state, 'green', 200);
  assert.match(wide, /^cluster c: green, 2 leaves\n/);
  assert.match(wide, /b +1  h     z     silent/);
  assert.match(wide, /leaf  shard 0 +shard 1 +shard 2\na     primary 1,000 \(2\.0 MB\) /);
  assert.match(wide, /replica 1,000 \(2\.0 MB, 3 behind\)/);
  assert.match(wide, /books shard 1 on b is primary: disk full/);
  assert.match(wide, /books shard 2 on a takes no checkpoints: no rights/);
  assert.match(wide, /books shard 0 on a reads the log: 12 MB, 40 MB\/s, 2\.0 s left/);
  assert.match(wide, /books shard 1 on a reads its files: 12 MB of 90 MB, 40 MB\/s, 2\.0 s left/);
  assert.match(wide, /books shard 2 on a takes no writes, 31 MB wait for its disk: no room for `f` \(ENOSPC\)/);
  const lines = drawStatus(state, 'green', 80).split('\n');
  for (const line of lines) assert.ok(line.length <= 80 || / shard \d on /.test(line), line);
});

test.run();
