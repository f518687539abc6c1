/** Finds the nats-server program: the one named, or what the package's installer finds or fetches. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asCoppiceError, CoppiceError } from '../../src/errors.ts';
import { PACKAGE_ROOT } from './package-root.ts';

/**
 * Finds the server, and installs it into the package's folder if there is none.
 *
 * @param named Path from `NATS_SERVER`; its version is looked at when it runs.
 * @param onMessage Told what the installer says meanwhile.
 * @throws CoppiceError `PREFLIGHT_FAILED` if there is none, or the signal's reason.
 */
export async function findNatsServer(
  named: string | undefined,
  onMessage: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  if (named !== undefined && named !== '') return checked(named);
  const { path, words } = await runInstaller(onMessage, signal);
  if (path !== '') return path;
  throw new CoppiceError(
    'PREFLIGHT_FAILED',
    `there is no nats-server: ${words || 'scripts/get-nats.sh found none'}; or use a server that runs, with --nats`,
  );
}

function checked(named: string): string {
  if (!named.includes('/') || existsSync(named)) return named;
  throw new CoppiceError(
    'PREFLIGHT_FAILED',
    `NATS_SERVER names \`${named}\`, which does not exist: correct it, or unset it`,
  );
}

async function runInstaller(
  onMessage: (text: string) => void,
  signal: AbortSignal,
): Promise<{ path: string; words: string }> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const script = spawn('bash', [join(PACKAGE_ROOT, 'scripts', 'get-nats.sh')], { stdio: ['ignore', 'pipe', 'pipe'] });
    let path = '';
    let words = '';
    const stop = (): void => {
      script.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop, { once: true });
    script.stdout.setEncoding('utf8').on('data', (text: string) => {
      path += text;
    });
    script.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = text.trim().split('\n').at(-1) ?? '';
      onMessage(text);
    });
    script.once('error', (error) => resolve({ path: '', words: error.message }));
    script.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(asCoppiceError(signal.reason));
      else resolve({ path: code === 0 ? path.trim() : '', words });
    });
  });
}
