/** What is wrong with a simulated network at the moment. Scenarios set the fields; everything else reads them. */

/** The state of a network. Rates are from 0 to 1, times in virtual milliseconds. */
export class SimFaults {
  /** How long a message takes from one end of a connection to the other. */
  latencyMs: { readonly from: number; readonly to: number } = { from: 0.05, to: 0.5 };
  /** Share of messages that take longer, and how much at most. */
  delayRate = 0;
  maxDelayMs = 0;
  /** Share of messages that are lost between a process and the server. */
  lossRate = 0;
  /** Share of messages that the server takes a second time, and how much later at most. */
  duplicateRate = 0;
  maxEchoMs = 0;
  /** Share of acknowledgements and answers of JetStream that are lost after the work is done. */
  lostAnswerRate = 0;
  /** Share of expiries of registry entries of which nobody is told. */
  lostMarkerRate = 0;
  /** Share of keys that a consumer leaves out of the last messages with which it begins. */
  missedKeyRate = 0;
  /** Whether JetStream looks at the id of a message before it looks at the fence. */
  looksAtIdFirst = false;
  /** Whether messages on different subjects may overtake each other on their way to a process. */
  reorders = false;
  /** Pairs `from>to` of processes of which the second does not hear the first, though both hear the server. */
  readonly muted = new Set<string>();
  /** Processes of which nothing arrives, and processes to which nothing comes through. */
  readonly cutFrom = new Set<string>();
  readonly cutTo = new Set<string>();

  /** Makes the network sound again. Latency stays. */
  heal(): void {
    this.delayRate = 0;
    this.lossRate = 0;
    this.duplicateRate = 0;
    this.lostAnswerRate = 0;
    this.lostMarkerRate = 0;
    this.missedKeyRate = 0;
    this.reorders = false;
    this.muted.clear();
    this.cutFrom.clear();
    this.cutTo.clear();
  }
}
