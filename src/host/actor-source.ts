/**
 * Where a definition comes from when it must be loaded in a worker thread: closures cannot cross into one.
 */
import { checkDefinition } from '../actor/define.ts';
import type { ActorDefinition } from '../actor/definition.ts';
import { CoppiceError } from '../errors.ts';
import { searchActor } from '../search/actor.ts';

/** A definition by name or by module; a module exports it as `default` or as `actor`. */
export type ActorSource =
  | { readonly kind: 'builtin'; readonly name: 'search' }
  | { readonly kind: 'module'; readonly url: string };

/** What a leaf must provide to host the built-in search actor. */
export const SEARCH_REQUIREMENT = 'search';

/** What a leaf must provide to host a user's own group. */
export function requirementOf(group: string): string {
  return `group:${group}`;
}

/**
 * Loads a definition.
 *
 * @throws CoppiceError `BAD_REQUEST` if the module cannot be loaded or exports no definition.
 */
export async function loadDefinition(source: ActorSource): Promise<ActorDefinition> {
  if (source.kind === 'builtin') return searchActor;
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(source.url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new CoppiceError('BAD_REQUEST', `actor module ${source.url} cannot be loaded: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const exported = module['default'] ?? module['actor'];
  if (exported === undefined)
    throw new CoppiceError('BAD_REQUEST', `actor module ${source.url} exports neither \`default\` nor \`actor\``);
  return checkDefinition(exported);
}
