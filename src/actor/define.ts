/**
 * How a user writes an actor: identity functions that give state, bodies and records their types, and the check of
 * what a module exports, before anything of it runs.
 */
import { CoppiceError, type ErrorCode, type ErrorDetails } from '../errors.ts';
import type {
  ActorDefinition,
  CommandEndpoint,
  Decision,
  QueryEndpoint,
  StatefulDefinition,
  StatelessDefinition,
} from './definition.ts';
import { reducerIssue } from './reducers.ts';
import { isObject, shapeOf } from './value-at.ts';

/**
 * Gives a definition its types; returns it unchanged. State, record and shared document are inferred from `init`,
 * `apply` and `initShared`; annotate the parameters of `apply`.
 */
export function defineActor<State, Record_, Shared = undefined>(
  definition: StatefulDefinition<State, Record_, Shared>,
): StatefulDefinition<State, Record_, Shared>;
export function defineActor(definition: StatelessDefinition): StatelessDefinition;
export function defineActor<Definition>(definition: Definition): Definition {
  return definition;
}

/** Gives a query endpoint its types; returns it with its kind. The body's type comes from `parse` or an annotation. */
export function query<State, Body, Partial>(
  endpoint: Omit<QueryEndpoint<State, Body, Partial>, 'kind'>,
): QueryEndpoint<State, Body, Partial> {
  return { ...endpoint, kind: 'query' };
}

/** Gives a command endpoint its types; returns it with its kind. The body's type comes from `parse` or an annotation. */
export function command<State, Body, Record_, Shared = undefined>(
  endpoint: Omit<CommandEndpoint<State, Body, Record_, Shared>, 'kind'>,
): CommandEndpoint<State, Body, Record_, Shared> {
  return { ...endpoint, kind: 'command' };
}

/** Accepts a command: `record` enters the log, and is found as pending under `key` until it is applied. */
export function accept<Record_>(key: string, record: Record_): Decision<Record_> {
  return { kind: 'accept', key, record };
}

/** Rejects a command on account of the state; the rejection is logged, so that a late retry meets it again. */
export function reject(code: ErrorCode, message: string, details?: ErrorDetails): Decision<never> {
  return details === undefined ? { kind: 'reject', code, message } : { kind: 'reject', code, message, details };
}

/**
 * Checks the shape of what a module exports as its definition: functions where functions belong, known kinds, polling
 * and reducers. Which characters names may have is the caller's to check.
 *
 * @returns The definition, unchanged.
 * @throws CoppiceError `BAD_REQUEST` that lists every issue as `path: message`.
 */
export function checkDefinition(definition: unknown): ActorDefinition {
  assertDefinition(definition);
  return definition;
}

/** Endpoints whose names begin so belong to the runtime. */
const RESERVED_PREFIX = '_';

function assertDefinition(definition: unknown): asserts definition is ActorDefinition {
  const issues = definitionIssues(definition);
  if (issues.length > 0)
    throw new CoppiceError('BAD_REQUEST', `not an actor definition: ${issues.join('; ')}`, { details: { issues } });
}

function definitionIssues(definition: unknown): readonly string[] {
  if (!isObject(definition)) return [`expected what \`defineActor\` returns, got ${shapeOf(definition)}`];
  const { kind, name, endpoints } = definition;
  if (kind !== 'stateful' && kind !== 'stateless') return ["kind: expected 'stateful' or 'stateless'"];
  const issues = typeof name === 'string' && name !== '' ? [] : ['name: expected a string that is not empty'];
  if (kind === 'stateful') {
    const optional = ['initShared', 'stats', 'maintain', 'checkpoint', 'restore', 'close'];
    issues.push(...functionIssues(definition, { required: ['init', 'apply'], optional }));
    if ((definition['checkpoint'] === undefined) !== (definition['restore'] === undefined))
      issues.push('checkpoint: expected together with restore, or neither');
  }
  if (!isObject(endpoints) || Object.keys(endpoints).length === 0)
    return [...issues, 'endpoints: expected an object with at least one endpoint'];
  const endpointIssuesByName = Object.entries(endpoints).flatMap(([endpointName, endpoint]) =>
    [...nameIssues(endpointName), ...endpointIssues(endpoint, kind)].map(
      (issue) => `endpoints.${endpointName}${issue}`,
    ),
  );
  return [...issues, ...endpointIssuesByName];
}

function nameIssues(endpointName: string): readonly string[] {
  return endpointName.startsWith(RESERVED_PREFIX)
    ? [`: names that begin with \`${RESERVED_PREFIX}\` are reserved`]
    : [];
}

function endpointIssues(endpoint: unknown, groupKind: 'stateful' | 'stateless'): readonly string[] {
  if (!isObject(endpoint)) return [`: expected an object, got ${shapeOf(endpoint)}`];
  if (endpoint['kind'] === 'query') return queryIssues(endpoint).map((issue) => `.${issue}`);
  if (endpoint['kind'] !== 'command') return [".kind: expected 'query' or 'command'"];
  if (groupKind === 'stateless') return [': a stateless group has no commands'];
  return commandIssues(endpoint).map((issue) => `.${issue}`);
}

function queryIssues(endpoint: Readonly<Record<string, unknown>>): readonly string[] {
  const { polling, reduce } = endpoint;
  const issues = functionIssues(endpoint, { required: ['handle'], optional: ['parse'] });
  const reduceIssue = reduce === undefined ? undefined : reducerIssue(reduce);
  if (polling !== 'any' && polling !== 'all' && !isKeyPolling(polling))
    issues.push("polling: expected 'any', 'all' or {by: path}");
  if (reduceIssue !== undefined) issues.push(`reduce: ${reduceIssue}`);
  return issues;
}

function commandIssues(endpoint: Readonly<Record<string, unknown>>): readonly string[] {
  const issues = functionIssues(endpoint, { required: ['decide'], optional: ['parse', 'agree'] });
  return isKeyPolling(endpoint['polling']) ? issues : [...issues, 'polling: expected {by: path}'];
}

function isKeyPolling(polling: unknown): boolean {
  return isObject(polling) && typeof polling['by'] === 'string' && polling['by'] !== '';
}

function functionIssues(
  holder: Readonly<Record<string, unknown>>,
  { required, optional }: { required: readonly string[]; optional: readonly string[] },
): string[] {
  const wrong = (name: string): boolean => typeof holder[name] !== 'function';
  const given = optional.filter((name) => holder[name] !== undefined);
  return [...required, ...given]
    .filter(wrong)
    .map((name) => `${name}: expected a function, got ${shapeOf(holder[name])}`);
}
