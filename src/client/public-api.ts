/**
 * The public API on the bus: any service that speaks NATS is a client. `<c>.api.<action>.<index>` and
 * `<c>.call.<group>.<endpoint>`, registered with the services API, so that discovery finds them.
 */
import type { BusMessage, Closeable, ServiceEndpoint } from '../bus/bus.ts';
import type { RpcRequest } from '../bus/responder.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { CoppiceError } from '../errors.ts';
import { errorAnswer } from '../search/answers.ts';
import { HEADERS } from '../wire/codec.ts';
import { tokenToName } from '../wire/names.ts';
import { fill, QUEUES, SUBJECTS, tokenAt } from '../wire/subjects.ts';
import { ACTIONS, actionOf } from './actions/actions.ts';
import type { Coppice, RequestOptions } from './client.ts';
import type { Token } from './router.ts';

/** Version of the public API, as discovery shows it. */
const API_VERSION = '0.1.0';
/** Requests that one root runs at once; more are refused at once with 429. */
const MAX_IN_FLIGHT = 2_048;
/** Kept of a requester's budget for the answer's way back; of a short budget, a share. */
const WAY_BACK_MS = 50;
const WAY_BACK_SHARE = 0.1;

/** Serves the public API; closing drains it. */
export async function servePublicApi(context: ClusterContext, coppice: Coppice): Promise<Closeable> {
  const { cluster, bus, rpc } = context;
  const api = rpc.responder({
    handler: async (request) => runAction(coppice, request),
    maxInFlight: MAX_IN_FLIGHT,
    errorBody: errorAnswer,
  });
  const call = callResponder(context, coppice);
  const endpoint = (
    name: string,
    subject: string,
    onMessage: (message: BusMessage) => void,
    metadata: Readonly<Record<string, string>>,
  ): ServiceEndpoint => ({
    name,
    subject,
    onMessage,
    metadata,
    queue: QUEUES.root,
  });
  const service = await bus.service({
    name: cluster,
    version: API_VERSION,
    description: `Coppice cluster ${cluster}: search, documents, indices and actor groups`,
    metadata: { actions: Object.keys(ACTIONS).join(',') },
    endpoints: [
      endpoint('api', fill(SUBJECTS.api, { cluster, action: '*', group: '*' }), api.onMessage, {
        example: `${fill(SUBJECTS.api, { cluster, action: 'search', group: 'books' })} ${ACTIONS['search']?.example ?? '{}'}`,
      }),
      endpoint('call', fill(SUBJECTS.call, { cluster, group: '*', endpoint: '*' }), call.onMessage, {
        example: `${fill(SUBJECTS.call, { cluster, group: 'counter', endpoint: 'add' })} {"key":"a","by":1}`,
      }),
    ],
  });
  return {
    close: async () => {
      await service.close();
      await Promise.all([api.drain(), call.drain()]);
    },
  };
}

/** Serves the calls of one group alone, where it is hosted, so that no root process is needed. */
export function serveCalls(context: ClusterContext, coppice: Coppice, groupToken: string): Closeable {
  const responder = callResponder(context, coppice);
  const subject = fill(SUBJECTS.call, { cluster: context.cluster, group: groupToken, endpoint: '*' });
  const subscription = context.bus.subscribe(subject, { queue: QUEUES.root }, responder.onMessage);
  return {
    close: async () => {
      await subscription.drain();
      await responder.drain();
    },
  };
}

function callResponder({ rpc }: ClusterContext, coppice: Coppice): ReturnType<typeof rpc.responder> {
  return rpc.responder({
    maxInFlight: MAX_IN_FLIGHT,
    errorBody: errorAnswer,
    handler: async (request) => {
      const group = tokenToName(tokenAt(SUBJECTS.call, 'group', request.subject));
      return coppice.call(group, tokenAt(SUBJECTS.call, 'endpoint', request.subject), request.body, {
        ...optionsOf(request),
        ...afterOf(request),
      });
    },
  });
}

async function runAction(coppice: Coppice, request: RpcRequest): Promise<unknown> {
  const action = tokenAt(SUBJECTS.api, 'action', request.subject);
  const { deadlineMs } = actionOf(action);
  const named = request.header(HEADERS.deadlineMs) !== undefined;
  const options = named ? optionsOf(request) : { deadlineMs };
  return coppice.request(action, tokenToName(tokenAt(SUBJECTS.api, 'group', request.subject)), request.body, options);
}

/** Leaves time for the way back, so that what is known by the deadline, and what is missing, still arrives. */
function optionsOf({ deadline }: RpcRequest): RequestOptions {
  const remainingMs = deadline.remainingMs();
  return { deadlineMs: Math.max(1, remainingMs - Math.min(WAY_BACK_MS, remainingMs * WAY_BACK_SHARE)) };
}

/** The token that a call must have seen stands in a header, since the body is the group's own. */
function afterOf(request: RpcRequest): { after?: Token } {
  const text = request.header(HEADERS.after);
  if (text === undefined) return {};
  try {
    const token: unknown = JSON.parse(text);
    if (typeof token === 'object' && token !== null && Object.values(token).every((seq) => Number.isInteger(seq)))
      return { after: token as Token };
  } catch {
    // Falls through to the one error for every wrong form.
  }
  throw new CoppiceError('BAD_REQUEST', `header ${HEADERS.after}: expected a token such as {"0":12}`);
}
