/** Loads a package that is installed for the benches alone, and the tokens that all of npm's peers are given. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createAnalyzers } from '../../../../src/engine/index.ts';
import { projectFolder } from '../settings.ts';

const folder = join(projectFolder, 'bench', 'engine', 'peers');
const requirePeer = createRequire(join(folder, 'package.json'));

/** The module of a package, and its version. What the module exports is for the caller to know. */
export function loadPackage<T>(name: string): { readonly exports: T; readonly version: string } {
  const exports: T = requirePeer(name);
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
  );
  return { exports, version };
}

const STANDARD = createAnalyzers().get('standard');

/** The terms of a text as the engine's standard analyzer has them, so that all index the same. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  STANDARD.analyze(text, (term) => terms.push(term));
  return terms;
}
