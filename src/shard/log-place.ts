/**
 * Where a state stands in its log (protocol.md, rules 4 and 6 of the log): whether the log goes on from its last record, has
 * lost it, or no longer has what comes next.
 */
import type { Log, LogEntry } from '../bus/log.ts';
import { decodeLogRecord } from '../wire/log-record.ts';

/** How a log continues a state. */
export type LogPlace =
  /** The record applied last is in the log, or was purged and the next one follows it. */
  | { readonly kind: 'continues' }
  /** Records between are purged. */
  | { readonly kind: 'purged'; readonly reason: string }
  /** The log lost what was applied. */
  | { readonly kind: 'rolledBack'; readonly reason: string };

/**
 * Looks up where a state stands that has applied the record `seq` with this id last.
 *
 * @throws CoppiceError `STALE_GENERATION`, `DISCONNECTED`, `UNSUPPORTED_FORMAT`, or the signal's reason.
 */
export async function placeInLog(
  log: Log,
  at: { readonly shard: number; readonly seq: number; readonly id: string },
  signal: AbortSignal,
): Promise<LogPlace> {
  const { shard, seq, id } = at;
  const rolledBack = (held: string): LogPlace => ({
    kind: 'rolledBack',
    reason: `record ${seq} (${id}) was applied, but the log holds ${held}`,
  });
  const entry = await log.read(shard, seq);
  if (entry !== undefined) return entry.id === id ? { kind: 'continues' } : rolledBack(`${entry.id} there`);
  const last = await log.last(shard);
  if (last === undefined || last.seq <= seq) return rolledBack(`nothing after ${last?.seq ?? 0}`);
  const next = await firstFrom(log, shard, seq + 1, signal);
  const { prevSeq, prevId } = decodeLogRecord(next.data);
  if (prevSeq > seq)
    return { kind: 'purged', reason: `the log begins with record ${next.seq}, which follows ${prevSeq}` };
  if (prevSeq === seq && prevId === id) return { kind: 'continues' };
  return rolledBack(`record ${next.seq}, which follows ${prevSeq} (${prevId})`);
}

/** The first record from `fromSeq` on. There must be one. */
async function firstFrom(log: Log, shard: number, fromSeq: number, signal: AbortSignal): Promise<LogEntry> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const tail = log.tail(shard, fromSeq, {
      onEntry: (entry) => {
        end();
        resolve(entry);
      },
      onError: (error) => {
        end();
        reject(error);
      },
    });
    const onAbort = (): void => {
      end();
      reject(signal.reason as Error);
    };
    const end = (): void => {
      tail.close();
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
