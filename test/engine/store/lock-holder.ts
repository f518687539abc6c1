/** The other side in the tests of the lock: opens an engine on a folder, tells what came of it, and holds it until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../../../src/engine/shard-engine.ts';
import { openFileStore } from '../../../src/engine/store/file-store.ts';
import { asCoppiceError } from '../../../src/errors.ts';

const folder = String(process.env['LOCK_FOLDER'] ?? workerData);
try {
  openEngine({ store: openFileStore(folder) });
  tell('locked');
  setInterval(() => {}, 1000);
} catch (error) {
  tell(asCoppiceError(error).code);
}

function tell(word: string): void {
  if (parentPort === null) process.stdout.write(`${word}\n`);
  else parentPort.postMessage(word);
}
