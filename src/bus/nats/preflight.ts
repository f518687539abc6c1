/** Checks before work begins that the NATS server has what we need, and says in one line what it lacks. */
import { CoppiceError, isCoppiceError } from '../../errors.ts';
import { isRecord, JS_ERRORS } from './api.ts';
import type { NatsBus } from './nats-bus.ts';

/** Oldest server version that works: older ones replay slowly and do not tell of expiries. */
export const MIN_SERVER_VERSION = '2.12.0';

const PROBE_MS = 3_000;

/**
 * Checks version, JetStream and rights.
 *
 * @throws CoppiceError `PREFLIGHT_FAILED` with one line that says what is missing and what to do.
 */
export async function preflight(bus: NatsBus): Promise<void> {
  await bus.link.whenUp(PROBE_MS);
  const version = bus.nats.info?.version ?? '0.0.0';
  if (olderThan(version, MIN_SERVER_VERSION)) {
    throw missing(`nats-server ${version} is too old: ${MIN_SERVER_VERSION} or newer is needed`);
  }
  if (bus.nats.info?.headers !== true) throw missing('nats-server has headers turned off');
  await checkJetStream(bus);
}

async function checkJetStream(bus: NatsBus): Promise<void> {
  const off = 'JetStream is not enabled: start nats-server with -js, or add `jetstream {}` to its configuration';
  const answer = await bus.api.call('INFO', undefined, { withinMs: PROBE_MS }).catch((error: unknown) => {
    throw isCoppiceError(error, 'DISCONNECTED')
      ? missing(bus.nats.info?.jetstream === true ? 'JetStream does not answer' : off)
      : error;
  });
  if (answer.ok) return checkLimits(answer.value);
  const without =
    answer.code === JS_ERRORS.notEnabled ? off : `JetStream is not enabled for this account (${answer.description})`;
  throw missing(without);
}

function checkLimits(info: Readonly<Record<string, unknown>>): void {
  const { limits } = info;
  if (isRecord(limits) && limits['max_storage'] === 0)
    throw missing('the NATS account may not store anything on disk (max_file is 0)');
}

/** Compares versions by their three numbers. */
function olderThan(version: string, least: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.-]/).slice(0, 3).map(Number);
  const [have, need] = [numbers(version), numbers(least)];
  for (const [place, wanted] of need.entries()) {
    const got = have[place] ?? 0;
    if (got !== wanted) return got < wanted;
  }
  return false;
}

function missing(message: string): CoppiceError {
  return new CoppiceError('PREFLIGHT_FAILED', message);
}
