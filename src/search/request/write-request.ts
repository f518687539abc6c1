/** Bodies of `index`, `create`, `update` and `delete` to the command that a shard's primary decides. */
import { CoppiceError } from '../../errors.ts';
import { checkId, checkSource, type Source } from '../document.ts';
import { ObjectReader } from '../object-reader.ts';
import { compact, pathError } from '../shape.ts';
import { parseSourceFilter, type SourceFilter } from '../source-filter.ts';
import { readRouting, readTimeoutMs } from './common.ts';
import { type ExternalVersion, readVersion } from './version-request.ts';

/** What a write does. */
export type WriteOp = 'index' | 'create' | 'update' | 'delete';

/** A write as it is decided. `routing` is the key of its shard: the id unless said otherwise. */
export type WriteCommand = {
  readonly op: WriteOp;
  readonly id: string;
  readonly routing: string;
  /** The document; of an update, the part to merge into it. Absent for `delete`. */
  readonly doc?: Source;
  readonly upsert?: Source;
  readonly docAsUpsert?: boolean;
  /** Whether an update that changes nothing writes nothing. Default true. */
  readonly detectNoop?: boolean;
  /** The write is only good if the document was last written under this number and term. */
  readonly ifSeqNo?: number;
  readonly ifPrimaryTerm?: number;
  /** The version that the document gets, kept by the caller. */
  readonly external?: ExternalVersion;
};

/** A write as its body gives it; an `index` or `create` may lack an id. */
export type WriteDraft = Omit<WriteCommand, 'id' | 'routing'> & { readonly id?: string; readonly routing?: string };

/** A write with what concerns the root only. */
export type WriteRequest = {
  readonly draft: WriteDraft;
  readonly timeoutMs?: number;
  readonly waitFor?: WaitFor;
  readonly source?: SourceFilter;
};

const WAIT_FOR = ['log', 'primary', 'all'] as const;

/**
 * When a write is answered: once it is in the log, once the primary has applied it (the default), or once every copy
 * that serves has. The primary applies a record as its append is acknowledged, so that the first two are one moment.
 */
export type WaitFor = (typeof WAIT_FOR)[number];

/** Reads `wait_for`. */
export function readWaitFor(reader: ObjectReader): WaitFor | undefined {
  return reader.word('wait_for', WAIT_FOR);
}

/** Keys beside the document that any write takes. `refresh` is always satisfied: what is applied is searchable. */
const CONTROL_KEYS = ['routing', 'if_seq_no', 'if_primary_term', 'refresh', 'timeout', 'wait_for'];
const VERSION_KEYS = ['version', 'version_type'];
const KEYS: Readonly<Record<WriteOp, readonly string[]>> = {
  index: ['id', '_id', 'doc', 'op_type', ...VERSION_KEYS, ...CONTROL_KEYS],
  create: ['id', '_id', 'doc', 'op_type', ...VERSION_KEYS, ...CONTROL_KEYS],
  update: [
    'id',
    '_id',
    'doc',
    'upsert',
    'doc_as_upsert',
    'detect_noop',
    'retry_on_conflict',
    '_source',
    ...CONTROL_KEYS,
  ],
  delete: ['id', '_id', ...VERSION_KEYS, ...CONTROL_KEYS],
};
const LATER = [
  'require_alias',
  'dynamic_templates',
  'pipeline',
  'script',
  'scripted_upsert',
  'wait_for_active_shards',
  'lang',
  'params',
];

/**
 * Reads the body of a write to one document.
 *
 * @throws CoppiceError `PARSING_FAILED` for a wrong shape, `MAPPING_FAILED` for what is no document, `BAD_REQUEST` for
 * what cannot be asked.
 */
export function parseWrite(op: WriteOp, body: unknown): WriteRequest {
  const reader = ObjectReader.open(body, '', {
    known: KEYS[op],
    later: op === 'update' ? [...LATER, ...VERSION_KEYS] : LATER,
  });
  if (reader.has('op_type') && op === 'create') reader.word('op_type', ['create']);
  const actual = op === 'index' ? (reader.word('op_type', ['index', 'create']) ?? op) : op;
  const idKey = reader.has('_id') ? '_id' : 'id';
  if ((op === 'update' || op === 'delete') && !reader.has(idKey))
    throw pathError('id', 'expected the id of a document, got nothing', 'the id of a document');
  const draft = compact({
    op: actual,
    id: reader.has(idKey) ? checkId(reader.value(idKey)) : undefined,
    ...readControl(actual, reader),
    ...readContent(op, reader),
  });
  const source = reader.has('_source') ? parseSourceFilter(reader.value('_source'), '_source') : undefined;
  return compact({ draft, timeoutMs: readTimeoutMs(reader), waitFor: readWaitFor(reader), source });
}

/** Fills in what a body may leave out: an id by `newId`, and the routing, which is the id. */
export function completeWrite(draft: WriteDraft, newId: () => string): WriteCommand {
  const id = draft.id ?? newId();
  return { ...draft, id, routing: draft.routing ?? id };
}

/** Reads routing and version conditions. */
export function readControl(
  op: WriteOp,
  reader: ObjectReader,
): Pick<WriteDraft, 'routing' | 'ifSeqNo' | 'ifPrimaryTerm' | 'external'> {
  checkRefresh(reader);
  const ifSeqNo = reader.integer('if_seq_no', { min: 0 });
  const ifPrimaryTerm = reader.integer('if_primary_term', { min: 1 });
  if ((ifSeqNo === undefined) !== (ifPrimaryTerm === undefined)) {
    throw new CoppiceError(
      'BAD_REQUEST',
      `${reader.path === '' ? '' : `${reader.path}: `}if_seq_no and if_primary_term go together, got only [${ifSeqNo === undefined ? 'if_primary_term' : 'if_seq_no'}]`,
    );
  }
  const external = readVersion(op, reader, ifSeqNo !== undefined);
  return compact({ routing: readRouting(reader), ifSeqNo, ifPrimaryTerm, external });
}

/** Reads the document of a write, or the parts of an update. */
export function readContent(
  op: WriteOp,
  reader: ObjectReader,
): Pick<WriteDraft, 'doc' | 'upsert' | 'docAsUpsert' | 'detectNoop'> {
  if (op === 'delete') return {};
  if (op !== 'update') return { doc: checkSource(reader.required('doc', 'a document')) };
  const docAsUpsert = reader.boolean('doc_as_upsert');
  if (!reader.has('doc') && (docAsUpsert === true || !reader.has('upsert')))
    throw pathError(reader.at('doc'), 'expected a partial document, got nothing', 'a partial document');
  return compact({
    doc: reader.has('doc') ? checkSource(reader.value('doc')) : {},
    upsert: reader.has('upsert') ? checkSource(reader.value('upsert')) : undefined,
    docAsUpsert,
    detectNoop: reader.boolean('detect_noop'),
  });
}

/** Accepted in all of Elasticsearch's forms and of no effect: a write is searchable once it is answered. */
function checkRefresh(reader: ObjectReader): void {
  const value = reader.value('refresh');
  if (value !== 'wait_for' && value !== '') reader.boolean('refresh');
}
