/** The folder of this package, whether it runs compiled or from its sources. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder that holds `package.json`, `nats.conf` and `scripts/`. */
export const PACKAGE_ROOT = findRoot(import.meta.dirname);

/** The main module of a process: `leaf`, `root` or `nats`. */
export function mainOf(process: 'leaf' | 'root' | 'nats'): string {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return join(import.meta.dirname, '..', process, `main.${extension}`);
}

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'nats.conf'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('nats.conf is missing from the package');
  return findRoot(parent);
}
