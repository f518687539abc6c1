/** Histories that were tampered with: the judge must find what is wrong with each, and nothing with the one that is sound. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DocumentWrite, History, type LedgerWrite, type WriteEnd } from '../../src/testing/history.ts';
import { judgeCopies, judgeLists, judgeLog, type LoggedRecord } from '../../src/testing/judge.ts';
import { type FinalDocument, judgeDocuments } from '../../src/testing/judge-documents.ts';

const test = suite('testing/judge');

test('a sound history of lists has no findings', () => {
  assert.equal(judgeLists(listHistory(), new Map([['k', ['a', 'b', 'u']]])), []);
  assert.equal(judgeLists(listHistory(), new Map([['k', ['a', 'b']]])), []);
});

const LISTS: readonly (readonly [what: string, list: readonly string[], finding: RegExp])[] = [
  ['a lost write', ['a'], /b was acknowledged at k\[1\], which has nothing/],
  ['a write at another place', ['b', 'a'], /b was to be at k\[1\] or nowhere/],
  ['a write applied twice', ['a', 'b', 'u', 'u'], /u was applied 2 times/],
  ['a write that was refused', ['a', 'b', 'r'], /r was refused with CONFLICT, and applied/],
  ['what nobody wrote', ['a', 'b', 'x'], /nobody wrote x/],
];
for (const [what, list, finding] of LISTS)
  test(`${what} in a list is found`, () => {
    assert.match(judgeLists(listHistory(), new Map([['k', list]])).join('\n'), finding);
  });

test('a list that was read without what the token covers is found', () => {
  const history = listHistory();
  history.reads.push({ key: 'k', token: { 0: 1 }, tags: ['a'] });
  const lists = new Map([['k', ['a', 'b']]]);
  assert.equal(judgeLists(history, lists), []);
  history.reads.push({ key: 'k', token: { 0: 2 }, tags: ['a'] });
  assert.equal(judgeLists(history, lists), ['a read of k after {"0":2} lacks b']);
});

test('a write that was never answered is found', () => {
  const history = listHistory();
  history.writes.push({ key: 'k', tag: 'n', expected: undefined });
  assert.equal(judgeLists(history, new Map([['k', ['a', 'b']]])), ['n was never answered']);
});

test('a sound history of documents has no findings', () => {
  assert.equal(judgeDocuments(documentHistory(), final({ text: 'two', version: 2 })), []);
  assert.equal(judgeDocuments(documentHistory(), final({ text: 'late', version: 3 })), []);
});

const DOCUMENTS: readonly (readonly [what: string, found: FinalDocument | undefined, finding: RegExp])[] = [
  ['a lost document', undefined, /d was acknowledged, and is lost/],
  ['a document of old', { text: 'one', version: 2 }, /d is `one`, which was overwritten/],
  ['a document that was refused', { text: 'refused', version: 2 }, /d is `refused`, which was/],
  ['a write applied twice', { text: 'two', version: 4 }, /version 4 after 2 acknowledged writes and 1 unknown/],
  ['an earlier write lost', { text: 'two', version: 1 }, /version 1 after 2 acknowledged writes and 1 unknown/],
];
for (const [what, found, finding] of DOCUMENTS)
  test(`${what} is found`, () => {
    assert.match(judgeDocuments(documentHistory(), final(found)).join('\n'), finding);
  });

test('a document that nobody wrote is found, in the end and by a search', () => {
  const history = documentHistory();
  history.searches.push({ token: {}, found: [{ id: 'y', text: '' }] });
  const there = new Map([...final({ text: 'two', version: 2 }), ['x', { text: '' }]]);
  assert.equal(judgeDocuments(history, there), ['nobody wrote document x', 'a search found y, which nobody wrote']);
});

test('versions that do not rise are found', () => {
  const history = documentHistory();
  history.documents.push({ id: 'd', text: 'three', end: acknowledged(2, 9) });
  const findings = judgeDocuments(history, final({ text: 'three', version: 3 }));
  assert.equal(findings, ['versions told of document d do not rise: 1, 2, 2']);
});

const READS: readonly (readonly [what: string, seq: number, texts: readonly string[], findings: number])[] = [
  ['what its token covers', 5, ['two'], 0],
  ['more than its token covers', 1, ['two'], 0],
  ['a write of unknown outcome', 5, ['late'], 0],
  ['nothing, with a token that covers nothing', 0, [], 0],
  ['nothing, though the token covers a write', 1, [], 1],
  ['what was overwritten within the token', 5, ['one'], 1],
  ['what was refused', 5, ['refused'], 1],
  ['one document twice', 5, ['two', 'two'], 1],
];
for (const [what, seq, texts, findings] of READS)
  test(`a search that shows ${what} has ${findings} findings`, () => {
    const history = documentHistory();
    history.searches.push({ token: { 0: seq }, found: texts.map((text) => ({ id: 'd', text })) });
    assert.is(judgeDocuments(history, final({ text: 'two', version: 2 })).length, findings);
  });

test('a deleted document may be gone, and may not come back', () => {
  const history = documentHistory();
  history.documents.push({ id: 'd', text: undefined, end: acknowledged(3, 6) });
  history.searches.push({ token: { 0: 6 }, ids: ['d'], found: [] }, { token: { 0: 5 }, ids: ['d'], found: [] });
  assert.equal(judgeDocuments(history, final(undefined)), []);
  assert.match(judgeDocuments(history, final({ text: 'two' })).join(), /d is `two`, which was overwritten/);
});

test('copies that answer otherwise are found', () => {
  const copies = [
    { leaf: 'one', shard: 0, answer: 'x' },
    { leaf: 'two', shard: 0, answer: 'x' },
    { leaf: 'two', shard: 1, answer: 'y' },
  ];
  assert.equal(judgeCopies(copies), []);
  assert.match(
    judgeCopies([...copies, { leaf: 'one', shard: 1, answer: 'z' }]).join(),
    /copies of shard 1 differ: two has y/,
  );
});

test('a log that is no chain, or whose terms fall, is found', () => {
  const log = [logged(1, 'term', 1, 0), logged(2, 'batch', 1, 1), logged(5, 'term', 2, 2), logged(6, 'batch', 2, 5)];
  assert.equal(judgeLog(log), []);
  assert.equal(judgeLog(log.slice(1)), []);
  assert.match(judgeLog([log[0], log[2]].flatMap((one) => one ?? [])).join(), /record 5 does not continue record 1/);
  assert.match(judgeLog([...log, logged(7, 'batch', 1, 6)]).join(), /a batch record of term 1 follows one of term 2/);
  assert.match(judgeLog([...log, logged(7, 'term', 2, 6)]).join(), /a term record of term 2 follows one of term 2/);
});

test.run();

function acknowledged(at: number, seq: number): WriteEnd {
  return { kind: 'acknowledged', at, token: { 0: seq } };
}

/** `a` and `b` are acknowledged, `u` is unknown, `r` was refused. */
function listHistory(): History {
  const history = new History();
  const writes: readonly LedgerWrite[] = [
    { key: 'k', tag: 'a', expected: 0, end: acknowledged(0, 1) },
    { key: 'k', tag: 'b', expected: 1, end: acknowledged(1, 2) },
    { key: 'k', tag: 'r', expected: undefined, end: { kind: 'none', code: 'CONFLICT' } },
    { key: 'k', tag: 'u', expected: undefined, end: { kind: 'unknown', code: 'TIMEOUT' } },
  ];
  history.writes.push(...writes);
  history.sequences.push(['a', 'b']);
  return history;
}

/** Two acknowledged writes of one document, between them one of unknown outcome and one that was refused. */
function documentHistory(): History {
  const history = new History();
  const writes: readonly DocumentWrite[] = [
    { id: 'd', text: 'one', end: acknowledged(1, 1) },
    { id: 'd', text: 'late', end: { kind: 'unknown', code: 'TIMEOUT' } },
    { id: 'd', text: 'refused', end: { kind: 'none', code: 'CONFLICT' } },
    { id: 'd', text: 'two', end: acknowledged(2, 5) },
  ];
  history.documents.push(...writes);
  return history;
}

function final(found: FinalDocument | undefined): ReadonlyMap<string, FinalDocument> {
  return new Map(found === undefined ? [] : [['d', found]]);
}

function logged(seq: number, kind: 'term' | 'batch', term: number, prevSeq: number): LoggedRecord {
  const record = { kind, term, prevSeq, generation: 'g', prevId: prevSeq === 0 ? '' : `id${prevSeq}`, operations: [] };
  return { seq, id: `id${seq}`, record };
}
