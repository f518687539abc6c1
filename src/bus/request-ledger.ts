/**
 * Where a process writes down whose requests it is working on, so that somebody else can answer them should it come to an
 * end with them: the thread that looks after a worker thread can read what that one has written.
 */

/** What a request that is not written down has for a ticket. */
export const NO_TICKET = -1;

/** Requests that run. */
export interface RequestLedger {
  /** Writes down where the answer of a request goes; returns its ticket, `NO_TICKET` if there is no room. */
  begin(reply: string): number;
  /** The request was answered. */
  end(ticket: number): void;
}
