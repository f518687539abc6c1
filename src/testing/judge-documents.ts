/**
 * The judge of documents: those acknowledged last are there, in the version told; reads that claim to have seen every
 * shard lack nothing that their token covers, and show nothing that was overwritten or refused.
 */
import { groupBy } from '../client/group-by.ts';
import { covers, type DocumentWrite, type FoundDocument, type History, type SearchRead } from './history.ts';

/** A document in the end. Its version is that of the public API, if it was asked for. */
export type FinalDocument = { readonly text: string; readonly version?: number };

/** Everything wrong with documents, in words. `final` holds those that are there in the end. */
export function judgeDocuments({ documents, searches }: History, final: ReadonlyMap<string, FinalDocument>): string[] {
  const stories = new Map(
    [...groupBy(documents, ({ id }) => id)].map(([id, writes]) => [id, new DocumentStory(id, writes)]),
  );
  const byScope = groupBy([...stories.values()], ({ scope }) => scope);
  const sought = ({ ids, scope }: SearchRead): readonly DocumentStory[] =>
    ids === undefined ? (byScope.get(scope) ?? []) : ids.flatMap((id) => stories.get(id) ?? []);
  return [
    ...[...stories].flatMap(([id, story]) => story.judgeFinal(final.get(id))),
    ...[...final.keys()].flatMap((id) => (stories.has(id) ? [] : [`nobody wrote document ${id}`])),
    ...searches.flatMap((search) => judgeSearch(search, sought(search), stories)),
  ];
}

function judgeSearch(
  search: SearchRead,
  sought: readonly DocumentStory[],
  stories: ReadonlyMap<string, DocumentStory>,
): string[] {
  const found = new Map(search.found.map((one) => [one.id, one]));
  return [
    ...(found.size === search.found.length ? [] : ['a search has a document twice']),
    ...sought.flatMap((story) => story.judgeRead(search, found.get(story.id))),
    ...search.found.flatMap(({ id }) => (stories.has(id) ? [] : [`a search found ${id}, which nobody wrote`])),
  ];
}

/** All writes of one document, in the order in which they began; each began when the one before had ended. */
class DocumentStory {
  readonly id: string;
  readonly scope: string | undefined;
  readonly #writes: readonly DocumentWrite[];
  /** Places of the acknowledged ones: their log sequences rise. */
  readonly #acknowledged: readonly number[];
  readonly #placeOfText: ReadonlyMap<string | undefined, number>;
  readonly #hasDeletions: boolean;

  constructor(id: string, writes: readonly DocumentWrite[]) {
    this.id = id;
    this.scope = writes[0]?.scope;
    this.#writes = writes;
    this.#acknowledged = writes.flatMap(({ end }, place) => (end?.kind === 'acknowledged' ? [place] : []));
    this.#placeOfText = new Map(writes.map(({ text }, place) => [text, place]));
    this.#hasDeletions = writes.some(({ text }) => text === undefined);
  }

  /** What is there was acknowledged last, or is of unknown outcome, which may come late. */
  judgeFinal(found: FinalDocument | undefined): string[] {
    const { id } = this;
    if (this.#writes.some(({ end }) => end === undefined)) return [`a write of document ${id} was never answered`];
    const last = this.#acknowledged.at(-1) ?? -1;
    if (found === undefined) return this.#mayBeGone(last) ? [] : [`document ${id} was acknowledged, and is lost`];
    if (!this.#mayShow(found.text, last))
      return [`document ${id} is \`${found.text}\`, which was overwritten, refused or never written`];
    return this.#judgeVersions(found);
  }

  /** To a read a document looks as the newest write that the token covers left it, or anything later. */
  judgeRead({ token }: SearchRead, found: FoundDocument | undefined): string[] {
    const newest = this.#newestIn(token);
    const read = `a read of all that ${JSON.stringify(token)} covers`;
    if (found === undefined) return this.#mayBeGone(newest) ? [] : [`${read} lacks ${this.id}`];
    if (this.#mayShow(found.text, newest)) return [];
    return [`${read} shows ${this.id} as \`${found.text}\`, which is old, was refused, or nobody wrote`];
  }

  /** Each write that was applied raises the version by one: no more, or one was applied twice; no less, or one is lost. */
  #judgeVersions({ version }: FinalDocument): string[] {
    if (version === undefined || this.#hasDeletions) return [];
    const told = this.#writes.flatMap(({ end }) => (end?.kind === 'acknowledged' ? [end.at] : []));
    const unknown = this.#writes.filter(({ end }) => end?.kind === 'unknown').length;
    const isRising = told.every((one, place) => place === 0 || one > (told[place - 1] ?? 0));
    return [
      ...(isRising ? [] : [`versions told of document ${this.id} do not rise: ${told.join(', ')}`]),
      ...(version >= told.length && version <= told.length + unknown
        ? []
        : [
            `document ${this.id} has version ${version} after ${told.length} acknowledged writes and ${unknown} unknown`,
          ]),
    ];
  }

  /** Place of the newest acknowledged write that a token covers, -1 without one: found by halving. */
  #newestIn(token: SearchRead['token']): number {
    let [low, high] = [0, this.#acknowledged.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (covers(token, this.#writes[this.#acknowledged[middle] ?? 0]?.end)) low = middle + 1;
      else high = middle;
    }
    return this.#acknowledged[low - 1] ?? -1;
  }

  /** Whether a text may be seen by who must see the write at `newest`. */
  #mayShow(text: string, newest: number): boolean {
    const place = this.#placeOfText.get(text);
    return place !== undefined && this.#mayBeSeen(place, newest);
  }

  #mayBeGone(newest: number): boolean {
    if (newest < 0) return true;
    return this.#hasDeletions && this.#writes.some(({ text }, at) => text === undefined && this.#mayBeSeen(at, newest));
  }

  #mayBeSeen(place: number, newest: number): boolean {
    const kind = this.#writes[place]?.end?.kind;
    return place === newest || kind === 'unknown' || (place > newest && kind !== 'none');
  }
}
