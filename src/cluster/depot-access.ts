/** Which depots a process can reach: the cluster's own, and others by address. */
import type { Depot } from '../bus/depot.ts';

/** Opens depots. */
export type DepotAccess = {
  /** The setting of the cluster's own depot, as `parseDepotUrl` reads it. */
  readonly own: string;
  /**
   * Opens a depot by its setting. Whoever asked closes it.
   *
   * @throws CoppiceError `BAD_REQUEST` for a setting that names no depot, `PREFLIGHT_FAILED` if it cannot be used,
   *   `DISCONNECTED`.
   */
  open(url: string): Promise<Depot>;
};
