/** docs/segment-format.md has the sections that the code has. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CHUNK_BYTES,
  COLUMN_OWNER,
  DEFLATED_CHUNK_BYTES,
  SECTIONS,
  VERSION,
} from '../../src/engine/segment/sections.ts';
import { readPage } from '../support/markdown.ts';

const test = suite('docs/segment-format');
const page = readPage('docs/segment-format.md');

test('the table of sections is that of the code', () => {
  const rows = [...page.matchAll(/^\| (\d+) \| `(\w+)` \| (\d) \| (\w+) \| (yes|no) \|/gm)].map((row) =>
    row.slice(1, 6),
  );
  const expected = Object.entries(SECTIONS).map(([name, { id, width, coding, deflate }]) => {
    return [String(id), name, String(width), coding, deflate ? 'yes' : 'no'];
  });
  assert.equal(rows, expected);
});

test('numbers in the text are those of the code', () => {
  assert.match(page, new RegExp(`# The format of segments, version ${VERSION}\n`));
  assert.match(page, `${COLUMN_OWNER.toLocaleString('en-US')} and up the columns`);
  assert.match(page, `up to ${DEFLATED_CHUNK_BYTES / 1024} KiB before deflation, or ${CHUNK_BYTES / 1024} KiB`);
});

test.run();
