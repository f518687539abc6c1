/**
 * Sees every step of a copy's machines with the event that made it. A step is told when its actions have run: where
 * one of them sends the other machine an event, that one's step is told first.
 */
import type { InspectionEvent } from 'xstate';
import type { CopyTransition } from '../wire/transitions.ts';

/** Reasons are cut off here, in characters: they may quote what was received. */
const MAX_REASON_LENGTH = 1_000;

/** A step, without the place and the time that the copy adds. */
export type Transition = Pick<CopyTransition, 'from' | 'to' | 'cause' | 'reason' | 'term'>;

/**
 * Makes the inspector of one machine.
 *
 * @param nameOf The name of a state, from its path such as `loaded.serving.replica`.
 * @param first Name of the state that the machine begins in, which no event makes.
 */
export function watchTransitions(
  { first, nameOf }: { readonly first: string; readonly nameOf: (path: string) => string },
  onTransition: (transition: Transition) => void,
): (inspected: InspectionEvent) => void {
  let last = first;
  return (inspected) => {
    if (inspected.type !== '@xstate.microstep' || !('value' in inspected.snapshot)) return;
    const to = nameOf(pathOf(inspected.snapshot.value));
    const from = last;
    last = to;
    if (from !== to) onTransition({ from, to, ...causeOf(inspected.event) });
  };
}

/** The last name of a path of states. */
export function innermostName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function pathOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, inner] = ['', undefined]] = Object.entries(value);
  return inner === undefined ? name : `${name}.${pathOf(inner)}`;
}

/** Delays come as events such as `xstate.after.retryDelay.copy.failed`. */
function causeOf(event: { readonly type: string }): Omit<Transition, 'from' | 'to'> {
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(event.type) ?? [];
  return {
    cause: delay === undefined ? event.type : `after ${delay}`,
    ...('reason' in event && typeof event.reason === 'string'
      ? { reason: event.reason.slice(0, MAX_REASON_LENGTH) }
      : {}),
    ...('term' in event && typeof event.term === 'number' ? { term: event.term } : {}),
  };
}
