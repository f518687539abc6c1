/** Bodies of the actions on snapshots. Where the words are Elasticsearch's, they mean the same. */
import { parseDepotUrl } from '../../bus/depot-url.ts';
import { CoppiceError } from '../../errors.ts';
import { ObjectReader } from '../../search/object-reader.ts';
import { INDEX_SETTINGS } from '../../search/request/index-request.ts';
import { asList, compact, elementPath, nameAt } from '../../search/shape.ts';
import { hasWildcard } from '../../search/wildcard.ts';
import { checkName } from '../../wire/names.ts';
import type { CreateSpec, DeleteSpec, RestoreSpec } from '../../wire/snapshot-messages.ts';

/**
 * Reads the body of `snapshot-create`.
 *
 * @throws CoppiceError `PARSING_FAILED`, `BAD_REQUEST` for what names no depot, `INVALID_NAME`. So do the others.
 */
export function parseSnapshotCreate(name: string, body: unknown): CreateSpec {
  const reader = ObjectReader.open(body ?? {}, '', {
    known: ['indices', 'depot', 'partial', 'max_bytes_per_sec'],
    later: ['wait_for_completion', 'ignore_unavailable', 'include_global_state', 'feature_states', 'metadata'],
  });
  return compact({
    command: 'create' as const,
    name,
    indices: readIndices(reader),
    depot: readDepot(reader),
    partial: reader.boolean('partial') ?? false,
    bytesPerSecond: reader.integer('max_bytes_per_sec', { min: 1 }),
  });
}

/** Reads the body of `snapshot-restore`. */
export function parseSnapshotRestore(name: string, body: unknown): RestoreSpec {
  const reader = ObjectReader.open(body ?? {}, '', {
    known: ['indices', 'depot', 'as', 'replicas', 'max_bytes_per_sec'],
    later: [
      'wait_for_completion',
      'ignore_unavailable',
      'include_global_state',
      'include_aliases',
      'index_settings',
      'partial',
      'rename_pattern',
      'rename_replacement',
    ],
  });
  const replicas = reader.integer('replicas', INDEX_SETTINGS.replicas);
  const as = reader.name('as');
  if (as !== undefined) checkName('index', as.replaceAll('*', 'x'));
  return compact({
    command: 'restore' as const,
    name,
    indices: readIndices(reader),
    depot: readDepot(reader),
    as,
    copies: replicas === undefined ? undefined : replicas + 1,
    bytesPerSecond: reader.integer('max_bytes_per_sec', { min: 1 }),
  });
}

/** Reads the body of `snapshot-delete`. */
export function parseSnapshotDelete(name: string, body: unknown): DeleteSpec {
  return compact({ command: 'delete' as const, name, depot: parseSnapshotList(body).depot });
}

/** Reads the body of `snapshot-list`. */
export function parseSnapshotList(body: unknown): { readonly depot?: string } {
  return compact({ depot: readDepot(ObjectReader.open(body ?? {}, '', { known: ['depot'] })) });
}

/** A list, or one text with commas. */
function readIndices(reader: ObjectReader): string[] | undefined {
  if (!reader.has('indices')) return undefined;
  const path = reader.at('indices');
  const value = reader.value('indices');
  const words = asList(typeof value === 'string' ? value.split(',') : value).map((word, at) =>
    nameAt(word, elementPath(path, at)).trim(),
  );
  if (words.length === 0) throw new CoppiceError('PARSING_FAILED', `${path}: expected at least one name`);
  for (const word of words) checkName('index', hasWildcard(word) ? word.replaceAll('*', 'x') : word);
  return words;
}

function readDepot(reader: ObjectReader): string | undefined {
  const url = reader.name('depot');
  if (url !== undefined) parseDepotUrl(url);
  return url;
}
