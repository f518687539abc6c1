/**
 * docs/protocol.md says what the code says. After a change of a table in the code, write the page's anew:
 * `UPDATE_DOCS=1 npx tsx test/docs/protocol.test.ts`.
 */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type * as v from 'valibot';
import { safeParse } from 'valibot';
import type { Action } from '../../src/client/actions/action.ts';
import { ACTIONS } from '../../src/client/actions/actions.ts';
import { ERRORS } from '../../src/errors.ts';
import { COPY_STATES } from '../../src/machines/copy.ts';
import { decode, HEADERS } from '../../src/wire/codec.ts';
import { encodeLogRecord, encodeOperation } from '../../src/wire/log-record.ts';
import * as records from '../../src/wire/records.ts';
import {
  LEAF_KEYS,
  leavesBucket,
  logStreamName,
  QUEUES,
  REGISTRY_KEYS,
  registryBucket,
  SUBJECTS,
} from '../../src/wire/subjects.ts';
import { drawRows, fencesOf, readPage, tableOf } from '../support/markdown.ts';

const PATH = 'docs/protocol.md';
const test = suite('docs/protocol');

const HEADER_MEANINGS: Readonly<Record<keyof typeof HEADERS, readonly [direction: string, meaning: string]>> = {
  contentType: ['both', 'encoding of the payload'],
  deadlineMs: ['request', 'milliseconds that the requester still waits'],
  serviceError: ['answer', 'reason of an error'],
  serviceErrorCode: ['answer', 'status of an error; absent from every other answer'],
  parts: ['request', 'the requester takes an answer in parts'],
  part: ['answer', 'place of a part: `2/5`'],
  after: ['request, calls', 'token that the answer must have seen, as JSON'],
  traceparent: ['both', 'reserved for tracing'],
};

const SUBJECT_MEANINGS: Readonly<Record<keyof typeof SUBJECTS, readonly [queue: string, who: string, what: string]>> = {
  api: [QUEUES.root, 'roots', 'the public API'],
  call: [QUEUES.root, 'roots, hosts of the group', 'public: an endpoint of an actor group'],
  shard: [QUEUES.copies, 'every ready copy', 'a query: any copy of the shard answers'],
  primary: ['', 'the primary', 'commands'],
  doubt: ['', 'every copy (published by roots)', 'nobody serves the primary’s subject: a reason to look at once'],
  copy: ['', 'that copy', 'a query: a retry or a hedge, aimed at one copy'],
  leaf: ['', 'that leaf', '`ping`, `stats`, `history`, `drain`'],
  pulse: ['', '(published by leaves)', 'heartbeat'],
  copyEvent: ['', '(published by leaves)', 'public: a step of a copy, with its cause'],
  snapshots: [QUEUES.snapshots, 'leaves with a depot', '`start` of a snapshot task, `list` and `settle` of a depot'],
  snapshotTask: ['', 'the leaf that has the task', 'how far it is; with nobody there the task is dead'],
  snapshotEvent: ['', '(published by leaves)', 'public: how far a snapshot task is'],
  log: ['', 'JetStream', 'log records'],
};

const REGISTRY_MEANINGS: Readonly<Record<keyof typeof REGISTRY_KEYS | keyof typeof LEAF_KEYS, string>> = {
  group: 'what a group is',
  placement: 'which leaves hold its copies',
  shared: 'the document that its shards share',
  lease: 'who leads a shard',
  gone: 'a life of a group that is over, while the depot may have its checkpoints',
  controller: 'which root decides placement',
  identity: 'a random id of the cluster, for depots that several share',
  leaf: 'a leaf that is up',
};

const RECORD_MEANINGS: Readonly<Record<string, string>> = {
  v: 'format version, 1',
  k: 'kind: `batch`, `term`, `checkpoint`, `retire` or `skip`',
  g: 'generation of the group',
  t: 'term of the primary that wrote it',
  ps: 'sequence of the record before it on its subject; 0 for the first',
  pi: 'id of that record; empty for the first',
  cs: 'sequence of the newest `checkpoint` record before it; absent if there is none',
  ss: 'the same of the newest `skip` record',
  fh: 'fingerprint of the operations that had failed to be applied, where it was written; absent in `term` and `skip`',
  cp: 'of a `checkpoint` or `retire`: `s` sequence, `n` name of the manifest, `f` names of files',
  sk: 'of a `skip`: `s` sequence of the record meant, `p` place of the operation in it, `e` the error it counts as',
  ops: 'one byte string per operation, itself MessagePack: `i` its id, and `r` the record or `e` the error of a rejection',
};

const INDEX_WORDS: Readonly<Record<Action['index'], string>> = {
  one: 'index',
  any: 'index or `_`',
  none: '`_`',
  snapshot: 'snapshot',
};

test('the table of headers is the code’s', () => {
  const rows = Object.entries(HEADERS).map(([key, name]) => [
    code(name),
    ...HEADER_MEANINGS[key as keyof typeof HEADERS],
  ]);
  sameTable('headers', drawRows(['header', 'on', 'meaning'], rows));
});

test('the table of actions is the code’s', () => {
  const rows = Object.entries(ACTIONS).map(([name, { index, deadlineMs, summary, example }]) => [
    code(name),
    INDEX_WORDS[index],
    `${deadlineMs / 1_000} s`,
    summary,
    code(example),
  ]);
  sameTable('actions', drawRows(['action', 'subject', 'deadline', 'what it does', 'a body'], rows));
});

test('the table of errors is the code’s', () => {
  const rows = Object.entries(ERRORS).map(([name, { status, type, retryable }]) => [
    String(status),
    code(type),
    code(name),
    retryable ? 'yes' : '',
  ]);
  sameTable('errors', drawRows(['status', '`error.type`', 'code inside the cluster', 'again'], rows));
});

test('the table of subjects is the code’s', () => {
  const rows = Object.entries(SUBJECTS).map(([key, template]) => {
    const [queue, who, what] = SUBJECT_MEANINGS[key as keyof typeof SUBJECTS];
    return [code(template), queue === '' ? '' : code(queue), who, what];
  });
  sameTable('subjects', drawRows(['subject', 'queue group', 'who serves', 'what'], rows));
});

test('the table of registry keys is the code’s', () => {
  const rowsOf = (bucket: string, keys: Readonly<Record<string, string>>): string[][] =>
    Object.entries(keys).map(([key, template]) => [
      code(bucket),
      code(template),
      REGISTRY_MEANINGS[key as keyof typeof REGISTRY_MEANINGS],
    ]);
  const rows = [...rowsOf(registryBucket('{cluster}'), REGISTRY_KEYS), ...rowsOf(leavesBucket('{cluster}'), LEAF_KEYS)];
  sameTable('registry', drawRows(['bucket', 'key', 'value'], rows));
  assert.ok(readPage(PATH).includes(code(logStreamName('{cluster}', '{group}', '{generation}'))));
});

test('the table of log records is the code’s', () => {
  const operations = [encodeOperation({ id: 'a', record: 1 })];
  const pointers = { checkpointSeq: 1, skipSeq: 1, failures: 1 };
  const mark = { seq: 1, name: 'n', files: [] };
  const skip = { seq: 1, place: 0, error: { code: 'ACTOR_FAILED', message: 'no' } };
  const place = { generation: 'g', term: 1, prevSeq: 0, prevId: '' };
  const bytes = encodeLogRecord({ kind: 'batch', ...place, ...pointers, mark, skip, operations });
  const rows = Object.keys(decode(bytes, 'msgpack') as object).map((key) => [
    code(key),
    RECORD_MEANINGS[key] ?? 'undocumented',
  ]);
  sameTable('log-record', drawRows(['key', 'value'], rows));
});

test('the values shown for registry and pulse can be read, and show every field', () => {
  const shown = new Map(
    fencesOf(readPage(PATH)).flatMap(({ mark, text }) =>
      mark?.startsWith('value: ') === true ? [[mark.slice('value: '.length), JSON.parse(text) as unknown]] : [],
    ),
  );
  const { GroupRecord, PlacementRecord, SharedRecord, LeaseRecord, LeafRecord, ControllerRecord, Pulse } = records;
  const { IdentityRecord } = records;
  const registry = { GroupRecord, PlacementRecord, SharedRecord, LeaseRecord, LeafRecord, ControllerRecord };
  const schemas = { ...registry, IdentityRecord, Pulse };
  for (const [name, schema] of Object.entries(schemas)) {
    const value = shown.get(name);
    assert.ok(safeParse(schema as v.GenericSchema, value).success, `${name} is not readable`);
    assert.equal(Object.keys(value as object).toSorted(), Object.keys(schema.entries).toSorted(), name);
  }
  const [copy] = (shown.get('Pulse') as { copies: object[] }).copies;
  assert.equal(Object.keys(copy ?? {}).toSorted(), Object.keys(records.CopyStatus.entries).toSorted());
});

test('every state of a copy is named', () => {
  const page = readPage(PATH);
  for (const state of COPY_STATES) assert.ok(page.includes(code(state)), state);
});

test.run();

function code(text: string): string {
  return `\`${text}\``;
}

function sameTable(name: string, wanted: string): void {
  assert.is(tableOf(PATH, name, wanted), wanted);
}
