/**
 * A group's write-ahead log: one subject per shard, appends fenced by the subject's last sequence (protocol.md,
 * rules of the log and of writing). Sequence numbers rise along a shard but interleave over shards.
 */

/** One stored record. */
export type LogEntry = {
  readonly seq: number;
  /** The record's `Nats-Msg-Id`; empty if it was stored without one. */
  readonly id: string;
  readonly data: Uint8Array;
};

/** How an append ended. Never in doubt: doubt is resolved inside `append` by reading the last record from the leader. */
export type AppendOutcome =
  | { readonly kind: 'appended'; readonly seq: number }
  /** Another record stands where this one was meant to go. */
  | { readonly kind: 'fenced'; readonly last: LogEntry | undefined };

/** A running tail. */
export interface Tail {
  close(): void;
}

/** What a tail reports. */
export type TailListener = {
  /** The next record of the shard, in order. A duplicate may be seen after a reconnect. */
  onEntry(entry: LogEntry): void;
  /** The tail cannot go on: `STALE_GENERATION`, the stream is gone; `DISCONNECTED`, the bus was closed under it. */
  onError(error: Error): void;
};

/** The log of one life of a group. */
export interface Log {
  /**
   * Appends a record if the shard's last record has sequence `expectedSeq` (0: none yet). After an error or a
   * timeout it reads the last record from the leader: its id is ours, success; its sequence is what was expected,
   * the identical record is sent again; otherwise the writer is fenced.
   *
   * @param record `id` must never have been used before in this log.
   * @throws CoppiceError `STALE_GENERATION` if the stream is gone, `PAYLOAD_TOO_LARGE`, or the signal's reason when
   *   aborted, in which case the outcome is unknown.
   */
  append(
    shard: number,
    record: { id: string; data: Uint8Array; expectedSeq: number },
    signal: AbortSignal,
  ): Promise<AppendOutcome>;
  /** Reads the shard's last record from the leader; undefined if there is none. Throws `STALE_GENERATION`, `DISCONNECTED`. */
  last(shard: number): Promise<LogEntry | undefined>;
  /** Reads one record by sequence; undefined if there is none there, or it belongs to another shard. */
  read(shard: number, seq: number): Promise<LogEntry | undefined>;
  /**
   * Removes the shard's records before `toSeq`, which stays: an emptied subject would reset the fence (protocol.md, rule
   * 5 of the log). Harmless if they are gone already.
   *
   * @throws CoppiceError `BAD_REQUEST` if `toSeq` is no positive integer, `STALE_GENERATION`, `DISCONNECTED`.
   */
  purge(shard: number, toSeq: number): Promise<void>;
  /** Follows a shard from the first record with a sequence of at least `fromSeq`, for ever, across reconnects. */
  tail(shard: number, fromSeq: number, listener: TailListener): Tail;
}
