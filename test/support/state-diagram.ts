/**
 * Draws a state machine as a Mermaid state diagram, from the machine itself, so that a page's picture cannot tell
 * anything but the code.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** Draws a machine: states, events, delays, guards and actions, by the names that they have in the code. */
export function drawMachine(machine: AnyStateMachine): string {
  const { root } = machine;
  const lines = [...drawChildren(root, 1), ...drawTransitions(root), ...allNodes(root).flatMap(drawNote)];
  return ['stateDiagram-v2', ...lines].map((line) => `${line}\n`).join('');
}

function drawChildren(node: AnyStateNode, depth: number): readonly string[] {
  const indent = '  '.repeat(depth);
  const first = node.initial.target[0]?.key;
  const children = childrenOf(node).flatMap((child) =>
    childrenOf(child).length === 0
      ? [`${indent}${child.key}`]
      : [`${indent}state ${child.key} {`, ...drawChildren(child, depth + 1), `${indent}}`],
  );
  return [...(first === undefined ? [] : [`${indent}[*] --> ${first}`]), ...children];
}

/** What the whole machine takes is drawn from each of its states that does not take it otherwise. */
function drawTransitions(root: AnyStateNode): readonly string[] {
  const inherited = childrenOf(root)
    .filter((child) => child.type !== 'final')
    .flatMap((child) =>
      transitionsOf(root)
        .filter(({ eventType }) => !child.transitions.has(eventType))
        .flatMap((transition) => drawTransition(child, transition)),
    );
  const own = allNodes(root).flatMap((node) => transitionsOf(node).flatMap((found) => drawTransition(node, found)));
  const ends = allNodes(root).filter(({ type }) => type === 'final');
  return [...own, ...inherited, ...ends.map(({ key }) => `  ${key} --> [*]`)];
}

function drawTransition(from: AnyStateNode, transition: AnyTransitionDefinition): readonly string[] {
  return (transition.target ?? []).map((target) => `  ${from.key} --> ${target.key} : ${labelOf(transition)}`);
}

/** What happens inside a state: on entry, on exit, and on events that lead nowhere else. */
function drawNote(node: AnyStateNode): readonly string[] {
  const stays = transitionsOf(node).filter(({ target }) => target === undefined || target.length === 0);
  const lines = [
    ...node.entry.filter(isOurs).map((action) => `entry / ${nameOf(action)}`),
    ...stays.map((transition) => `${labelOf(transition)}${transition.actions.length === 0 ? ' (ignored)' : ''}`),
    ...node.exit.filter(isOurs).map((action) => `exit / ${nameOf(action)}`),
  ];
  if (lines.length === 0) return [];
  return [`  note right of ${node.key}`, ...lines.map((line) => `    ${line}`), '  end note'];
}

/** `event [guard] / action, action`, as UML has it. */
function labelOf({ eventType, guard, actions }: AnyTransitionDefinition): string {
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(eventType) ?? [];
  const event = delay === undefined ? eventType : `after ${delay}`;
  const condition = guard === undefined ? '' : ` [${nameOf(guard)}]`;
  const done = actions.length === 0 ? '' : ` / ${actions.map(nameOf).join(', ')}`;
  return `${event}${condition}${done}`;
}

function nameOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'object' && part !== null && 'type' in part) return String(part.type);
  throw new Error('a guard or an action has no name: name it in `setup`');
}

/** Timers of delays are started and stopped by actions of the library, which are functions with a type. */
function isOurs(action: unknown): boolean {
  return !(typeof action === 'function' && 'type' in action && String(action.type).startsWith('xstate.'));
}

function childrenOf(node: AnyStateNode): readonly AnyStateNode[] {
  return Object.values(node.states);
}

function allNodes(root: AnyStateNode): readonly AnyStateNode[] {
  return childrenOf(root).flatMap((child) => [child, ...allNodes(child)]);
}

function transitionsOf(node: AnyStateNode): readonly AnyTransitionDefinition[] {
  return [...node.transitions.values()].flat();
}
