/** Public entry of `coppice`: the client, actor definitions, and `serve` for services that host groups. */
export type {
  ActorDefinition,
  ApplyContext,
  DecideContext,
  Decision,
  QueryContext,
  StatefulDefinition,
  StatelessDefinition,
} from './actor/definition.ts';
export { accept, command, defineActor, query, reject } from './actor/define.ts';
export type { ReducerSpec } from './actor/reducers.ts';
export type { ConnectionOptions } from './bus/nats/options.ts';
export { type CommandResult, Coppice, type RequestOptions } from './client/client.ts';
export { connect, type ConnectOptions } from './client/connect.ts';
export type { Token } from './client/router.ts';
export { CoppiceError, type ErrorCode, ERRORS, isCoppiceError } from './errors.ts';
export { type ServedGroup, serve, type ServeOptions } from './host/serve.ts';
