/** Posting lists in shared arrays. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Postings } from '../../../src/engine/old/memory/postings.ts';

const test = suite('engine/memory/postings');

test('lists that grow side by side keep their postings', () => {
  const postings = new Postings();
  const expected: number[][] = Array.from({ length: 20 }, () => []);
  for (let term = 0; term < expected.length; term++) postings.addTerm();
  for (let ordinal = 0; ordinal < 3000; ordinal++) {
    const term = (ordinal * 7919) % 23;
    if (term >= 20) continue;
    postings.append(term, ordinal, (ordinal % 9) + 1);
    expected[term]?.push(ordinal);
  }
  expected.forEach((ordinals, term) => {
    const list = postings.list(term);
    assert.equal([...list.ordinals], ordinals);
    assert.equal(
      [...list.frequencies],
      ordinals.map((ordinal) => (ordinal % 9) + 1),
    );
  });
});

test('slices left behind are used again', () => {
  const postings = new Postings();
  for (let term = 0; term < 1000; term++) {
    postings.addTerm();
    for (let ordinal = 0; ordinal < 4; ordinal++) postings.append(term, ordinal, 1);
  }
  assert.ok(postings.sizeBytes < 1000 * 4 * 6 * 3, String(postings.sizeBytes));
});

test('a frequency above 65535 counts as 65535', () => {
  const postings = new Postings();
  postings.addTerm();
  postings.append(0, 0, 1_000_000);
  assert.equal([...postings.list(0).frequencies], [65535]);
});

test.run();
