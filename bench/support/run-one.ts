/**
 * Runs one benchmark, whose path is the only argument, and ends it when the process that started it is gone: one that is
 * killed from outside leaves nothing running. A second argument says for how many milliseconds its event loop may stand
 * still; without it for ever.
 */
import { pathToFileURL } from 'node:url';
import { watchForStalls } from './stall-watch.ts';

const [path = '', silentMs] = process.argv.slice(2);
if (process.connected === true) {
  process.once('disconnect', () => process.exit(1));
  // The channel alone keeps no benchmark from ending.
  process.channel?.unref();
}
if (silentMs !== undefined) watchForStalls(Number(silentMs));
await import(pathToFileURL(path).href);
