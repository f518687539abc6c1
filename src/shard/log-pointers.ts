/**
 * What each log record says of those before it: where the newest checkpoint and the newest skip stand, so that a copy that
 * starts finds both from the end of the log.
 */
import type { Log, LogEntry } from '../bus/log.ts';
import { decodeLogRecord, type LogRecord, type SkipMark } from '../wire/log-record.ts';

/** Pointers of a record. */
export type LogPointers = Pick<LogRecord, 'checkpointSeq' | 'skipSeq'>;

/** The pointers of a record that follows `last`. */
export function pointersAfter(last: LogEntry | undefined): LogPointers {
  if (last === undefined) return {};
  const record = decodeLogRecord(last.data);
  const checkpointSeq = record.kind === 'checkpoint' ? last.seq : record.checkpointSeq;
  const skipSeq = record.kind === 'skip' ? last.seq : record.skipSeq;
  return pointers({ checkpointSeq, skipSeq });
}

/** The pointers of a record that follows what a state has applied. */
export function pointersOf(state: {
  readonly checkpointRecordSeq: number;
  readonly skipRecordSeq: number;
}): LogPointers {
  const { checkpointRecordSeq, skipRecordSeq } = state;
  return pointers({
    checkpointSeq: checkpointRecordSeq === 0 ? undefined : checkpointRecordSeq,
    skipSeq: skipRecordSeq === 0 ? undefined : skipRecordSeq,
  });
}

/** A decision to skip, and where it stands in the log. */
export type LoggedSkip = { readonly recordSeq: number; readonly mark: SkipMark };

/**
 * What the log skips by records after `knownSeq`, newest first, as far back as it goes.
 *
 * @throws CoppiceError `STALE_GENERATION`, `DISCONNECTED`, `UNSUPPORTED_FORMAT`.
 */
export async function skipsIn(log: Log, shard: number, knownSeq: number): Promise<readonly LoggedSkip[]> {
  const found: LoggedSkip[] = [];
  let entry = await log.last(shard);
  while (entry !== undefined && entry.seq > knownSeq) {
    const { skip, skipSeq } = decodeLogRecord(entry.data);
    if (skip !== undefined) found.push({ recordSeq: entry.seq, mark: skip });
    entry = skipSeq === undefined ? undefined : await log.read(shard, skipSeq);
  }
  return found;
}

function pointers(of: { checkpointSeq: number | undefined; skipSeq: number | undefined }): LogPointers {
  return {
    ...(of.checkpointSeq === undefined ? {} : { checkpointSeq: of.checkpointSeq }),
    ...(of.skipSeq === undefined ? {} : { skipSeq: of.skipSeq }),
  };
}
