/** The thread that looks whether the main thread's event loop turns: see `stall-watch.ts`. */

import { writeSync } from 'node:fs';
import { type Debugger, Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import type { Watched } from './stall-watch.ts';

const LOOKS = 6;
/** A thread that waits inside of Node does not even stop for a debugger. */
const PAUSE_MS = 5_000;

const { beats, silentMs } = workerData as Watched;
let seen = 0;
let seenMs = performance.now();
const looking = setInterval(() => {
  const now = Atomics.load(beats, 0);
  if (now !== seen) [seen, seenMs] = [now, performance.now()];
  if (performance.now() - seenMs < silentMs) return;
  clearInterval(looking);
  showAndEnd();
}, silentMs / LOOKS);

function showAndEnd(): void {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => end(params.callFrames.map((frame) => lineOf(frame, urls)).join('\n')));
  session.post('Debugger.enable');
  session.post('Debugger.pause');
  setTimeout(() => end('  inside of Node'), PAUSE_MS);
}

function end(where: string): void {
  writeSync(2, `# the event loop has stood still for ${silentMs / 1_000} s:\n${where}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function lineOf({ functionName, location }: Debugger.CallFrame, urls: ReadonlyMap<string, string>): string {
  return `  ${functionName || 'anonymous'} (${urls.get(location.scriptId) ?? ''}:${location.lineNumber + 1})`;
}
