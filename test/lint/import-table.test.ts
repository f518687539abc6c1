/**
 * The linter's own test: plants, in a scratch project with the real configuration, one file for each rule that keeps
 * the layers apart, and one for each thing that must stay allowed. A rule that stops working fails here.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/** The project's root, seen from the compiled test. */
const ROOT = join(import.meta.dirname, '..', '..', '..');
const OXLINT = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');

/** Path, code, and a part of the message or rule that must be reported. */
const FORBIDDEN: readonly (readonly [path: string, code: string, says: string])[] = [
  ['src/errors.ts', "import './env.ts';", 'may not import src/env'],
  ['src/env.ts', "import './errors.ts';", 'may not import src/errors'],
  ['src/wire/a.ts', "import { b } from '../bus/bus.ts'; b();", 'src/wire may not import src/bus'],
  ['src/wire/b.ts', "export * from '../env.ts';", 'src/wire may not import src/env'],
  ['src/wire/deep/c.ts', "export { x } from '../../actor/slots.ts';", 'src/wire may not import src/actor'],
  ['src/wire/d.ts', "import { encode } from '@msgpack/msgpack'; encode(1);", 'the package @msgpack/msgpack'],
  ['src/wire/e.ts', "import { readFile } from 'node:fs/promises'; export const a = readFile;", 'node:fs/promises'],
  ['src/wire/f.ts', "export type A = import('../bus/bus.ts').Bus;", 'src/wire may not import src/bus'],
  ['src/wire/g.ts', "export const a = async () => import('../engine/index.ts');", 'src/wire may not import src/engine'],
  ['src/bus/a.ts', "import type { NatsConnection } from 'nats'; export type A = NatsConnection;", 'the package nats'],
  ['src/actor/a.ts', "import { b } from '../wire/codec.ts'; b();", 'src/actor may not import src/wire'],
  ['src/engine/a.ts', "import { b } from '../wire/codec.ts'; b();", 'src/engine may not import src/wire'],
  ['src/engine/query/b.ts', "import { b } from 'node:fs'; b();", 'node:fs'],
  ['src/engine/aggregate/c.ts', "import { IANAZone } from 'luxon'; IANAZone.create('UTC');", 'the package luxon'],
  ['src/engine/kernel/b.ts', "import { b } from 'node:fs'; b();", 'node:fs'],
  ['src/engine/query/d.ts', "import { stemmer } from 'stemmer'; stemmer('x');", 'the package stemmer'],
  ['src/search/a.ts', "import { b } from '../bus/bus.ts'; b();", 'src/search may not import src/bus'],
  ['src/machines/a.ts', "import { b } from '../wire/codec.ts'; b();", 'src/machines may not import src/wire'],
  ['src/cluster/a.ts', "import { b } from '../shard/copy.ts'; b();", 'src/cluster may not import src/shard'],
  ['src/shard/a.ts', "import { b } from '../search/search.ts'; b();", 'src/shard may not import src/search'],
  ['src/host/a.ts', "import { pino } from 'pino'; pino();", 'the package pino'],
  ['src/host/b.ts', "import { b } from '../gateway/rest.ts'; b();", 'src/host may not import src/gateway'],
  ['src/client/d.ts', "import { b } from '../host/serve.ts'; b();", 'src/client may not import src/host'],
  ['src/client/e.ts', "import { b } from '../engine/index.ts'; b();", 'src/client may not import src/engine'],
  ['src/client/a.ts', "import { b } from '../shard/copy.ts'; b();", 'src/client may not import src/shard'],
  ['src/flow/a.ts', "import { b } from '../bus/bus.ts'; b();", 'src/flow may not import src/bus'],
  ['src/gateway/a.ts', "import { b } from '../cluster/view.ts'; b();", 'src/gateway may not import src/cluster'],
  ['src/client/b.ts', "import { b } from '../../actors/config.ts'; b();", 'src/client may not import actors/config.ts'],
  [
    'src/client/c.ts',
    "import { b } from '../../test/support/x.ts'; b();",
    'src/client may not import test/support/x.ts',
  ],
  ['src/drawer/a.ts', 'export const a = 1;', 'has no row'],
  ['actors/leaf/a.ts', "import { b } from '../root/main.ts'; b();", 'actors/leaf may not import actors/root'],
  ['actors/leaf/b.ts', "import { b } from 'nats'; b();", 'the package nats'],
  ['src/client/now.ts', 'export const a = Date.now();', 'take a Clock'],
  ['src/client/tick.ts', 'export const a = performance.now();', 'take a Clock'],
  ['src/client/later.ts', 'setTimeout(() => 1, 1);', 'take a Clock'],
  ['src/client/often.ts', 'setInterval(() => 1, 1);', 'take a Clock'],
  ['src/client/hidden.ts', 'globalThis.setTimeout(() => 1, 1);', 'no-restricted-properties'],
  ['src/client/timers.ts', "import { setTimeout } from 'node:timers/promises'; await setTimeout(1);", 'node:timers'],
  ['src/client/dice.ts', 'export const a = Math.random();', 'no-restricted-properties'],
  ['src/client/exit.ts', 'process.exit(1);', 'no-restricted-globals'],
  ['src/client/env.ts', "import { env } from 'node:process'; export const a = env;", 'node:process'],
  ['src/client/shout.ts', "console.log('x');", 'no-console'],
  ['src/client/default.ts', 'export default 1;', 'no-default-export'],
  ['src/client/camelCase.ts', 'export const a = 1;', 'filename-case'],
  ['src/client/any.ts', 'export const a = (b: any): unknown => b;', 'no-explicit-any'],
  ['src/client/bang.ts', 'export const a = (b: number[]): number => b[0]!;', 'no-non-null-assertion'],
  ['src/client/cycle-a.ts', "import { b } from './cycle-b.ts'; export const a = (): unknown => b;", 'no-cycle'],
  ['src/client/cycle-b.ts', "import { a } from './cycle-a.ts'; export const b = (): unknown => a;", 'no-cycle'],
  ['src/client/floating.ts', 'const a = async () => 1; void a();', 'no-floating-promises'],
  ['src/client/throw.ts', "export const a = () => { throw 'x'; };", 'only-throw-error'],
  [
    'src/client/switch.ts',
    "export const a = (b: 'x' | 'y') => { switch (b) { case 'x': return 1; } return 2; };",
    'exhaustive',
  ],
  ['src/client/long.ts', 'export const a = 1;\n'.padEnd(19 * 302, 'queueMicrotask(a);\n'), 'max-lines'],
  ['test/only.test.ts', plantedTest('only'), 'no-restricted-properties'],
  ['test/skip.test.ts', plantedTest('skip'), 'no-restricted-properties'],
];

const ALLOWED: readonly (readonly [path: string, code: string])[] = [
  ['src/index.ts', "export * from './client/x.ts'; export * from './actor/x.ts'; export * from './flow/x.ts';"],
  ['src/wire/codec.ts', "import { encode } from '@msgpack/msgpack'; import '../errors.ts'; encode(1);"],
  [
    'src/wire/x.ts',
    "import { createHash } from 'node:crypto'; import * as v from 'valibot'; v.string(); createHash('md5');",
  ],
  [
    'src/bus/nats/x.ts',
    "import { connect } from 'nats'; import { readFile } from 'node:fs'; setTimeout(connect, Date.now()); readFile;",
  ],
  ['src/engine/time/a.ts', "import { IANAZone } from 'luxon'; IANAZone.create('UTC');"],
  ['src/engine/kernel/kernel-module.ts', "import { readFileSync } from 'node:fs'; readFileSync('');"],
  [
    'src/machines/x.ts',
    "import type { A } from '../wire/records.ts'; import { setup } from 'xstate'; setup({}); export type B = A;",
  ],
  [
    'src/engine/analysis/x.ts',
    "import { stemmer } from 'stemmer'; import { deu } from 'stopword'; import { stemmer as german } from '@orama/stemmers/german'; export const a = [stemmer, deu, german];",
  ],
  ['src/shard/x.ts', "import { createActor } from 'xstate'; import { a } from '../machines/copy.ts'; createActor(a);"],
  [
    'src/host/x.ts',
    "import type { Logger } from 'pino'; import '../search/x.ts'; import '../client/x.ts'; import { Worker } from 'node:worker_threads'; new Worker(''); export type A = Logger;",
  ],
  [
    'src/client/x.ts',
    "import { a } from '../cluster/view.ts'; import { b } from '../search/x.ts'; queueMicrotask(() => [a, b]);",
  ],
  [
    'actors/leaf/x.ts',
    "import { a } from '../config.ts'; import { pino } from 'pino'; import { c } from '../../src/host/x.ts'; export const b = [a, c, pino, process.env, Date];",
  ],
  [
    'actors/cli/x.ts',
    "import { a } from '../leaf/main.ts'; import { Command } from 'commander'; new Command(); export const b = a;",
  ],
  [
    'test/x.test.ts',
    "import { connect } from 'nats'; import { a } from '../src/engine/x.ts'; export const b = [connect, a, Math.random()];",
  ],
];

const test = suite('lint/import-table');

test('the linter reports every planted violation, and nothing that is allowed', async () => {
  const reports = await lintPlanted([...FORBIDDEN, ...ALLOWED]);
  const unnoticed = FORBIDDEN.filter(([path, , says]) => !said(reports, path).some((line) => line.includes(says)));
  assert.equal(unnoticed, [], reports.join('\n'));
  const wronged = ALLOWED.flatMap(([path]) => said(reports, path)).filter((line) =>
    /import-table|restricted/.test(line),
  );
  assert.equal(wronged, []);
});

test.run();

function plantedTest(modifier: string): string {
  return `import { test } from 'uvu'; test.${modifier}('x', () => 1);`;
}

function said(reports: readonly string[], path: string): readonly string[] {
  return reports.filter((line) => line.startsWith(`${path}:`));
}

/** Lints files in a scratch copy of the project's configuration; returns the lines of the report. */
async function lintPlanted(
  files: readonly (readonly [path: string, code: string, ...rest: string[]])[],
): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'coppice-lint-'));
  try {
    for (const part of ['.oxlintrc.json', 'tsconfig.json', 'package.json', 'scripts/lint']) {
      await cp(join(ROOT, part), join(dir, part), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    for (const [path, code] of files) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), code);
    }
    return await runOxlint(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function runOxlint(dir: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const args = [OXLINT, '-f', 'unix', 'src', 'actors', 'test'];
    execFile(process.execPath, args, { cwd: dir }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(`oxlint printed nothing: ${stderr}`, { cause: error }));
      else resolve(stdout.split('\n'));
    });
  });
}
