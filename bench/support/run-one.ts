/**
 * Runs one benchmark, whose path is the only argument, and ends it when the process that started it is gone: one that is
 * killed from outside leaves nothing running.
 */
import { pathToFileURL } from 'node:url';

if (process.connected === true) {
  process.once('disconnect', () => process.exit(1));
  // The channel alone keeps no benchmark from ending.
  process.channel?.unref();
}
await import(pathToFileURL(process.argv[2] ?? '').href);
