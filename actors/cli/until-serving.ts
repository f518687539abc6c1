/** Waits, after a start, until every shard of the indices has a primary. */
import * as v from 'valibot';
import { type ConnectOptions, connect } from '../../src/client/connect.ts';
import { pause, systemEnv } from '../../src/env.ts';

const Rows = v.array(v.object({ index: v.string(), health: v.string(), actor: v.string() }));

const WITHIN_MS = 30_000;
const TELL_AFTER_MS = 500;
const POLL_MS = 50;

/**
 * Waits at most 30 s. Groups of other actors are not waited for: their hosts are processes of somebody else.
 *
 * @param onWait Called once if it takes a while.
 * @returns The indices that have a shard without a primary even then.
 * @throws CoppiceError if the cluster cannot be reached; the signal's reason if it is aborted.
 */
export async function untilServing(
  target: ConnectOptions,
  { signal, onWait }: { signal: AbortSignal; onWait: () => void },
): Promise<readonly string[]> {
  const { clock } = systemEnv;
  const startMs = clock.nowMs();
  const coppice = await connect({ ...target, name: 'coppice up' });
  try {
    for (let told = false; ; ) {
      const rows = v.parse(Rows, await coppice.request('indices', '_', {}, { signal }));
      const red = rows.filter(({ actor, health }) => actor === 'search' && health === 'red').map(({ index }) => index);
      const waitedMs = clock.nowMs() - startMs;
      if (red.length === 0 || waitedMs > WITHIN_MS) return red;
      if (!told && waitedMs > TELL_AFTER_MS) onWait();
      told ||= waitedMs > TELL_AFTER_MS;
      await pause(clock, POLL_MS, signal);
    }
  } finally {
    await coppice.close();
  }
}
