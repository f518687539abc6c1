/**
 * Writes: `agree` finds the fields that a document adds, `decide` checks versions on the primary and makes a record,
 * `apply` carries the record out on every copy.
 */
import { accept, reject } from '../actor/define.ts';
import type { ApplyContext, DecideContext, Decision } from '../actor/definition.ts';
import { type CoppiceError, isCoppiceError } from '../errors.ts';
import { documentFields, type Source } from './document.ts';
import { inferMappings } from './infer-mappings.ts';
import { EMPTY_MAPPINGS, type Mappings, mergeMappings, missingMappings } from './mapping.ts';
import { isSame, mergeSource } from './merge-source.ts';
import type { WriteCommand } from './request/write-request.ts';
import { type SearchShared, type SearchState, withMappings } from './state.ts';

/** A write as it stands in the log. `mappings` are fields of the index that the shard did not know yet. */
export type SearchRecord =
  | {
      readonly op: 'index';
      readonly id: string;
      readonly version: number;
      readonly source: Source;
      readonly mappings?: Mappings;
    }
  | { readonly op: 'delete'; readonly id: string; readonly version: number }
  /** An update that changed nothing. It repeats the document, which later commands decide on while this is pending. */
  | {
      readonly op: 'noop';
      readonly id: string;
      readonly version: number;
      readonly source: Source;
      readonly seqNo: number;
      readonly term: number;
    };

/** What a write is answered with. `_seq_no` and `_primary_term` are the document's: of a noop, those it had. */
export type WriteResult = {
  readonly _id: string;
  readonly _version: number;
  readonly _seq_no: number;
  readonly _primary_term: number;
  readonly result: 'created' | 'updated' | 'deleted' | 'not_found' | 'noop';
};

type Context = DecideContext<SearchRecord, SearchShared>;

/** Sequence numbers are spread by this, to make room for the operations of one log record. */
const POSITION_STRIDE = 65_536;

/** The shared document with the fields that a write adds; undefined if it adds none. */
export function agree(shared: SearchShared | undefined, { op, doc, upsert }: WriteCommand): SearchShared | undefined {
  if (op === 'delete') return undefined;
  const before = mappingsOf(shared);
  const after = [doc, upsert].reduce<Mappings>((mappings, source) => {
    const addition = source === undefined ? undefined : inferMappings(mappings, source);
    return addition === undefined ? mappings : mergeMappings(mappings, addition);
  }, before);
  return after === before ? undefined : { mappings: after };
}

/**
 * Decides a write on state and pending records.
 *
 * @throws CoppiceError `MAPPING_FAILED` for a document that no state of these mappings could accept.
 */
export function decide(state: SearchState, command: WriteCommand, context: Context): Decision<SearchRecord> {
  const { id, op, doc = {}, upsert } = command;
  const mappings = mappingsOf(context.shared);
  for (const source of [doc, upsert]) if (source !== undefined) documentFields(mappings, source);
  const current = currentDocument(state, id, context);
  const conflict = conflictOf(command, current);
  if (conflict !== undefined) return reject('CONFLICT', `[${id}]: version conflict, ${conflict}`, { id });
  const version = command.external?.version ?? current.version + 1;
  if (op === 'delete') return accept(id, { op, id, version });
  if (op === 'update') return decideUpdate(state, command, { current, context });
  return accept(id, indexRecord(state, mappings, { id, version, source: doc }));
}

/**
 * Applies a record; deterministic.
 *
 * @throws CoppiceError `MAPPING_FAILED` or `BAD_REQUEST`, before anything is changed.
 */
export function apply(state: SearchState, record: SearchRecord, context: ApplyContext): WriteResult {
  const { id, version } = record;
  const { seqNo, term, seq, place } = context;
  const written = { _id: id, _version: version, _seq_no: seqNo, _primary_term: term };
  if (record.op === 'noop') return { ...written, _seq_no: record.seqNo, _primary_term: record.term, result: 'noop' };
  if (record.op === 'delete') {
    state.bury(id, { version });
    return { ...written, result: state.engine.delete(id) ? 'deleted' : 'not_found' };
  }
  const mappings = withMappings(state, record.mappings);
  const fields = documentFields(mappings, record.source);
  state.adoptMappings(mappings);
  const result = state.engine.get(id) === undefined ? 'created' : 'updated';
  state.engine.put({
    id,
    source: record.source,
    fields,
    version,
    seqNo,
    primaryTerm: term,
    position: seq * POSITION_STRIDE + place,
  });
  state.unbury(id);
  return { ...written, result };
}

/** A document as a command finds it. Without a source there is none; its version is then that of its delete, or 0. */
type Current = {
  readonly version: number;
  readonly seqNo: number;
  readonly term: number;
  readonly source?: Source;
  /** Nothing is known of the document, not even a delete. */
  readonly isUnknown?: boolean;
};

function mappingsOf(shared: SearchShared | undefined): Mappings {
  return shared?.mappings ?? EMPTY_MAPPINGS;
}

function currentDocument(state: SearchState, id: string, context: Context): Current {
  const pending = context.pending(id);
  if (pending !== undefined) {
    const { record, seqNo, term } = pending;
    if (record.op === 'delete') return { version: record.version, seqNo, term };
    if (record.op === 'noop')
      return { version: record.version, seqNo: record.seqNo, term: record.term, source: record.source };
    return { version: record.version, seqNo, term, source: record.source };
  }
  const stored = state.engine.get(id);
  if (stored === undefined) {
    const buried = state.tombstone(id);
    return { version: buried?.version ?? 0, seqNo: -1, term: 0, isUnknown: buried === undefined };
  }
  return { version: stored.version, seqNo: stored.seqNo, term: stored.primaryTerm, source: sourceOf(stored.source) };
}

/** Why the conditions of a command do not hold; undefined if they do. */
function conflictOf(
  { op, ifSeqNo, ifPrimaryTerm, external }: WriteCommand,
  { source, version, seqNo, term, isUnknown }: Current,
): string | undefined {
  if (op === 'create' && source !== undefined) return `document already exists (current version [${version}])`;
  if (external !== undefined && isUnknown !== true) {
    const { version: given, orEqual } = external;
    if (orEqual ? version > given : version >= given)
      return `current version [${version}] is higher ${orEqual ? 'than' : 'or equal to'} the one provided [${given}]`;
  }
  if (ifSeqNo === undefined) return undefined;
  const required = `required seqNo [${ifSeqNo}], primary term [${String(ifPrimaryTerm)}]`;
  if (source === undefined) return op === 'update' ? undefined : `${required}. but no document was found`;
  return seqNo === ifSeqNo && term === ifPrimaryTerm
    ? undefined
    : `${required}. current document has seqNo [${seqNo}] and primary term [${term}]`;
}

function decideUpdate(
  state: SearchState,
  command: WriteCommand,
  { current, context }: { current: Current; context: Context },
): Decision<SearchRecord> {
  const { id, doc = {}, docAsUpsert, detectNoop } = command;
  const mappings = mappingsOf(context.shared);
  const upsert = docAsUpsert === true ? doc : command.upsert;
  const version = current.version + 1;
  if (current.source === undefined) {
    if (upsert === undefined || command.ifSeqNo !== undefined)
      return reject('DOCUMENT_MISSING', `[${id}]: document missing`, { id });
    return accept(id, indexRecord(state, mappings, { id, version, source: upsert }));
  }
  const source = mergeSource(current.source, doc);
  if (detectNoop !== false && isSame(current.source, source)) {
    return accept(id, { op: 'noop', id, version: current.version, source, seqNo: current.seqNo, term: current.term });
  }
  const misfit = misfitOf(mappings, source);
  if (misfit !== undefined) return reject(misfit.code, misfit.message, misfit.details);
  return accept(id, indexRecord(state, mappings, { id, version, source }));
}

/** Why a merged document fits the mappings no more: a field was mapped after it had been written. */
function misfitOf(mappings: Mappings, source: Source): CoppiceError | undefined {
  try {
    documentFields(mappings, source);
    return undefined;
  } catch (error) {
    if (isCoppiceError(error)) return error;
    throw error;
  }
}

function indexRecord(
  state: SearchState,
  mappings: Mappings,
  write: { id: string; version: number; source: Source },
): SearchRecord {
  const missing = missingOf(state.mappings, mappings);
  return { op: 'index', ...write, ...(missing === undefined ? {} : { mappings: missing }) };
}

type Missing = { readonly wanted: Mappings; readonly missing: Mappings | undefined };

/** Mappings are values and change seldom: the last comparison of each is kept. */
const missingCache = new WeakMap<Mappings, Missing>();

function missingOf(from: Mappings, wanted: Mappings): Mappings | undefined {
  const cached = missingCache.get(from);
  if (cached?.wanted === wanted) return cached.missing;
  const missing = missingMappings(from, wanted);
  missingCache.set(from, { wanted, missing });
  return missing;
}

function sourceOf(stored: unknown): Source {
  if (typeof stored !== 'object' || stored === null) throw new Error('a stored document is no object');
  return { ...stored };
}
