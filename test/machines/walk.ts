/** Random walks over a machine: each step is an event of the test or a delay that has run out. */
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  getNextTransitions,
  initialTransition,
  transition,
} from 'xstate';
import type { Seeded } from '../support/seeded.ts';

/** An event with whatever it carries. */
export type WalkEvent = { readonly type: string; readonly [field: string]: unknown };

/** An action that a step called for. */
export type WalkAction = { readonly type: string; readonly params: unknown };

/** One step: what happened, what it called for, in order, and where it led. */
export type WalkStep = {
  readonly event: WalkEvent;
  readonly actions: readonly WalkAction[];
  readonly before: AnyMachineSnapshot;
  readonly after: AnyMachineSnapshot;
};

/** What a walk is made of. `nextEvent` draws one event of the test. */
export type WalkPlan = {
  readonly machine: AnyStateMachine;
  readonly random: Seeded;
  readonly stepCount: number;
  nextEvent(snapshot: AnyMachineSnapshot): WalkEvent;
};

/** Walks until the machine is done or `stepCount` steps are made. One step in eight lets a delay run out, where one runs. */
export function* walk(plan: WalkPlan): Generator<WalkStep> {
  let [before] = initialTransition(plan.machine);
  for (let step = 0; step < plan.stepCount && before.status === 'active'; step++) {
    const delays = getNextTransitions(before).filter(({ eventType }) => eventType.startsWith('xstate.after.'));
    const delayEnds = delays.length > 0 && plan.random.below(8) === 0;
    const event = delayEnds ? { type: plan.random.pick(delays).eventType } : plan.nextEvent(before);
    const [after, actions] = transition(plan.machine, before, event);
    yield { event, actions: actions.map(({ type, params }) => ({ type, params })), before, after };
    before = after;
  }
}
