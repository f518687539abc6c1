/** What a thread leaves behind, as the other side reads it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_TICKET } from '../../src/bus/request-ledger.ts';
import type { Clock } from '../../src/env.ts';
import { BlackBoxReader, BlackBoxWriter, createBlackBox } from '../../src/host/black-box.ts';

const test = suite('host/black-box');

function open(): { writer: BlackBoxWriter; reader: BlackBoxReader; later: () => void } {
  const due: (() => void)[] = [];
  const clock: Clock = { nowMs: () => 0, wallMs: () => 0, after: (_, run) => (due.push(run), () => {}) };
  const box = createBlackBox();
  const later = (): void => {
    for (const run of due.splice(0)) run();
  };
  return { writer: new BlackBoxWriter(box, clock), reader: new BlackBoxReader(box), later };
}

test('beats are counted', () => {
  const { writer, reader } = open();
  assert.is(reader.beats, 0);
  writer.beat();
  writer.beat();
  assert.is(reader.beats, 2);
});

test('the work under way is told whole, with sequences beyond 32 bits', () => {
  const { writer, reader } = open();
  assert.is(reader.work(), undefined);
  const marks = writer.marksOf(3);
  for (const seq of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32 + 5, 2 ** 45 + 2 ** 31]) {
    marks.begin('apply', { seq, place: 12 });
    assert.equal(reader.work(), { copy: 3, kind: 'apply', seq, place: 12, ticket: NO_TICKET });
  }
  marks.begin('query', { ticket: 9 });
  assert.equal(reader.work(), { copy: 3, kind: 'query', seq: 0, place: 0, ticket: 9 });
  marks.end();
  assert.is(reader.work(), undefined);
});

test('requests are there until a moment after they were answered', () => {
  const { writer, reader, later } = open();
  const first = writer.begin('_INBOX.abc.1');
  const second = writer.begin('_INBOX.abc.22');
  assert.equal(
    reader
      .openRequests()
      .map(({ reply }) => reply)
      .toSorted(),
    ['_INBOX.abc.1', '_INBOX.abc.22'],
  );
  writer.end(first);
  assert.is(reader.openRequests().length, 2, 'its answer may not have left yet');
  later();
  assert.equal(reader.openRequests(), [{ ticket: second, reply: '_INBOX.abc.22' }]);
});

test('places are used again, and what finds none is not written down', () => {
  const { writer, reader, later } = open();
  const tickets = Array.from({ length: 1_024 }, (_, n) => writer.begin(`_INBOX.${n}`));
  assert.is(new Set(tickets).size, 1_024);
  assert.is(writer.begin('_INBOX.more'), NO_TICKET);
  for (const ticket of tickets) writer.end(ticket);
  later();
  assert.equal(reader.openRequests(), []);
  assert.is.not(writer.begin('_INBOX.again'), NO_TICKET);
  assert.is(writer.begin('x'.repeat(300)), NO_TICKET, 'too long a subject');
  writer.end(NO_TICKET);
});

test.run();
