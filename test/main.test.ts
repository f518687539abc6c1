/**
 * The runner itself: each way in which uvu would let a broken test file pass is planted in a folder of its own, and
 * must fail there, with the summary as the last line.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const RUNNER = join(import.meta.dirname, 'main.js');
/** Inside the project, where `uvu` resolves, but outside of what the runner selects. */
const SCRATCH = join(import.meta.dirname, '..');
const HEAD = `import { suite } from 'uvu';
import * as assert from 'uvu/assert';
const test = suite('planted');`;
const GOOD = `${HEAD} test('one', () => {}); test('two', () => {}); test.run();`;

type Outcome = { readonly code: number | null; readonly output: string; readonly lastLine: string };

const test = suite('main');

test('passing files pass, and the last line counts them', async () => {
  const { code, lastLine } = await runFiles({ 'a.test.js': GOOD, 'deep/b.test.js': GOOD });
  assert.equal([code, lastLine], [0, '4 passed, 0 failed']);
});

test('a failing test fails the run and is shown', async () => {
  const broken = `${HEAD} test('sums', () => { assert.is(1 + 1, 3); }); test('fine', () => {}); test.run();`;
  const { code, lastLine, output } = await runFiles({ 'a.test.js': broken });
  assert.equal([code, lastLine], [1, '1 passed, 1 failed']);
  assert.match(output, 'sums');
});

test('an argument selects files by a part of their path', async () => {
  const broken = `${HEAD} test('no', () => { assert.unreachable(); }); test.run();`;
  const { code, lastLine } = await runFiles({ 'deep/a.test.js': GOOD, 'b.test.js': broken }, ['deep/']);
  assert.equal([code, lastLine], [0, '2 passed, 0 failed']);
});

const PLANTED: Readonly<Record<string, { readonly code: string; readonly last: string; readonly says: string }>> = {
  'an error in before': {
    code: `${HEAD} test.before(() => { throw new Error('boot'); }); test('one', () => {}); test.run();`,
    last: '0 passed, 1 failed',
    says: 'an error in a hook',
  },
  'an error in after.each': {
    code: `${HEAD} test.after.each(() => { throw new Error('x'); }); test('one', () => {}); test.run();`,
    last: '0 passed, 1 failed',
    says: 'an error in a hook',
  },
  'an error in after': {
    code: `${HEAD} test.after(() => { throw new Error('closing'); }); test('one', () => {}); test.run();`,
    last: '0 passed, 1 failed',
    says: 'closing',
  },
  'throw null': {
    code: `${HEAD} test('one', () => { throw null; }); test.run();`,
    last: '0 passed, 1 failed',
    says: 'no Error',
  },
  'a missing run()': { code: `${HEAD} test('one', () => {});`, last: '0 passed, 1 failed', says: 'run() is missing' },
  'a missing run() beside a suite that is run': {
    code: `${GOOD}\nconst other = suite('other');\nother('one', () => {});`,
    last: '2 passed, 1 failed',
    says: '`other` is never run',
  },
  'run() before the tests': {
    code: `${HEAD} test.run(); test('one', () => {});`,
    last: '0 passed, 1 failed',
    says: 'no tests',
  },
  'a file without tests': { code: 'export {};', last: '0 passed, 1 failed', says: 'no suite' },
  'a file that cannot be loaded': {
    code: "import './absent.js';",
    last: '0 passed, 1 failed',
    says: 'cannot be loaded',
  },
  'a timer left behind': {
    code: `${HEAD} test('one', () => { setInterval(() => {}, 50); }); test.run();`,
    last: '1 passed, 1 failed',
    says: 'left open: Timeout',
  },
  'a server left behind': {
    code: `import { createServer } from 'node:net';\n${HEAD} test('one', () => { createServer().listen(0); }); test.run();`,
    last: '1 passed, 1 failed',
    says: 'left open: TCPServerWrap',
  },
  'a rejection that nobody handles': {
    code: `${HEAD} test('one', () => { Promise.reject(new Error('lost')); }); test.run();`,
    last: '1 passed, 1 failed',
    says: 'lost',
  },
  'an error thrown from a callback': {
    code: `${HEAD} test('one', async () => { setTimeout(() => { throw new Error('late'); }); await new Promise((done) => setTimeout(done, 20)); }); test.run();`,
    last: '1 passed, 1 failed',
    says: 'late',
  },
  'a process that exits in the middle': {
    code: `${HEAD} test('one', () => {}); test('two', () => { process.exit(0); }); test.run();`,
    last: '0 passed, 1 failed',
    says: 'ended before',
  },
  'an exit code that a test has set': {
    code: `${HEAD} test('one', () => { process.exitCode = 0; assert.is(1, 2); }); test.run();`,
    last: '0 passed, 1 failed',
    says: 'one',
  },
};

for (const [name, { code, last, says }] of Object.entries(PLANTED)) {
  test(`${name} fails the run`, async () => {
    const outcome = await runFiles({ 'a.test.js': code });
    assert.equal([outcome.code, outcome.lastLine], [1, last], outcome.output);
    assert.match(outcome.output, says);
  });
}

test('a file that cannot be loaded does not keep the others from running', async () => {
  const { code, lastLine } = await runFiles({ 'a.test.js': "import './absent.js';", 'b.test.js': GOOD });
  assert.equal([code, lastLine], [1, '2 passed, 1 failed']);
});

test('an empty selection fails the run', async () => {
  const { code, lastLine } = await runFiles({ 'a.test.js': GOOD }, ['nowhere']);
  assert.equal([code, lastLine], [1, '0 passed, 1 failed']);
});

test('a test that waits for ever is stopped and named by its place', async () => {
  const hanging = `${HEAD} test('one', () => {}); test('two', () => new Promise(() => {})); test.run();`;
  const { code, lastLine, output } = await runFiles({ 'a.test.js': hanging }, ['--limit-ms', '300']);
  assert.is(code, 1, output);
  assert.match(lastLine, / passed, 1 failed$/);
  assert.match(output, 'test 2 is still running');
});

test('a test that never yields is killed', async () => {
  const spinning = `${HEAD} test('one', () => { for (;;); }); test.run();`;
  const { code, lastLine } = await runFiles({ 'a.test.js': GOOD, 'b.test.js': spinning }, ['--limit-ms', '300']);
  assert.equal([code, lastLine], [null, '2 passed, 1 failed']);
});

test('a test that says it is slow gets its time, and the next one the usual limit', async () => {
  const wait = 'await new Promise((done) => setTimeout(done, 900));';
  const slow = `import { slow } from '${join(import.meta.dirname, 'support', 'slow.js')}';\n${HEAD}`;
  const { output, lastLine } = await runFiles(
    {
      'a.test.js': `${slow} test('one', async () => { slow(5000); ${wait} }); test('two', async () => { ${wait} }); test.run();`,
    },
    ['--limit-ms', '400'],
  );
  assert.match(output, 'test 2 is still running');
  assert.match(lastLine, /1 failed$/);
});

test.run();

async function runFiles(files: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Outcome> {
  const dir = await mkdtemp(join(SCRATCH, '.runner-'));
  try {
    for (const [name, code] of Object.entries(files)) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), code);
    }
    const child = spawn(process.execPath, [RUNNER, '--dir', dir, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    const output = await text(child.stdout);
    return { code: await closed, output, lastLine: output.trimEnd().split('\n').at(-1) ?? '' };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
