/**
 * `make chaos`: chaos on real processes for as many minutes as one likes, half of them on a single nats-server and half on
 * a cluster of three. Prints the plan, what happens, and tables; exit code 1 if a promise was broken. Histories are kept in
 * `.chaos`, and everything else that a run left there, if it broke one.
 *
 * Usage: `node dist/test/cluster/chaos/support/run.js --minutes 30 --seed 1 [--servers 1|3] [--faults leaf.kill,nats.stop]`
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawResult } from '../../../../actors/chaos/results.ts';
import { clearRun, stageAndRun } from './stage-and-run.ts';

const MINUTE_MS = 60_000;
const GAP_MS = { from: 1_500, to: 6_000 };

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    servers: { type: 'string', default: '1,3' },
    faults: { type: 'string' },
  },
});
const acts = values.servers.split(',').map(serversOf);
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (abort.signal.aborted) process.exit(1);
    tell('ending: faults are undone, and what was done is judged; once more to stop at once');
    abort.abort(new Error('interrupted'));
  });
let violations = 0;
for (const servers of acts) {
  const folder = join('.chaos', `seed-${values.seed}-servers-${servers}`);
  await rm(folder, { recursive: true, force: true });
  const result = await stageAndRun({
    servers,
    seed: numberOf('seed', values.seed),
    forMs: (numberOf('minutes', values.minutes) * MINUTE_MS) / acts.length,
    gapMs: GAP_MS,
    ...(values.faults === undefined ? {} : { kinds: values.faults.split(',') }),
    folder,
    tell,
    signal: abort.signal,
  });
  process.stdout.write(`\n${servers} nats-server${servers === 1 ? '' : 's'}\n${drawResult(result)}`);
  violations += result.violations.length;
  if (result.violations.length === 0) await clearRun(folder, ['history.jsonl']);
}
process.exit(violations === 0 ? 0 : 1);

function tell(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

function serversOf(word: string): 1 | 3 {
  if (word === '1') return 1;
  if (word === '3') return 3;
  throw new Error(`--servers is 1, 3 or both, not ${word}`);
}

function numberOf(name: string, word: string): number {
  const value = Number(word);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} ${word} is no number`);
}
