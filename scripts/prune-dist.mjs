/**
 * Removes from dist/ what the compiler wrote for a source that is gone since: a test or a module deleted must not
 * go on running, or be published, because its compiled form is still there. Runs at the end of each build.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const COMPILED = /\.(js|js\.map|d\.ts)$/;

for (const entry of readdirSync('dist', { recursive: true })) {
  if (!COMPILED.test(entry)) continue;
  if (!existsSync(entry.replace(COMPILED, '.ts'))) rmSync(join('dist', entry));
}
