/** Public entry of `coppice`: the client, actor definitions, and `serve` for services that host groups. */

export { accept, command, defineActor, query, reject } from './actor/define.ts';
export type {
  ActorDefinition,
  ApplyContext,
  DecideContext,
  Decision,
  QueryContext,
  StatefulDefinition,
  StatelessDefinition,
} from './actor/definition.ts';
export type { ReducerSpec } from './actor/reducers.ts';
export type { ConnectionOptions } from './bus/nats/options.ts';
export {
  type BulkWritten,
  type CommandResult,
  Coppice,
  type Found,
  type RequestOptions,
  type Written,
} from './client/client.ts';
export { type ConnectOptions, connect } from './client/connect.ts';
export type { Token } from './client/router.ts';
export type {
  SnapshotCreate,
  SnapshotDeleted,
  SnapshotFailure,
  SnapshotInfo,
  SnapshotList,
  SnapshotRestore,
  SnapshotRestored,
  SnapshotTaken,
  SnapshotUnfinished,
} from './client/snapshot-answers.ts';
export { CoppiceError, ERRORS, type ErrorCode, isCoppiceError } from './errors.ts';
export { type ServedGroup, type ServeOptions, serve } from './host/serve.ts';
