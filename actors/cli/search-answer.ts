/** A search's answer, checked as far as people are shown it, and drawn as a ranked list with matched words marked. */
import * as v from 'valibot';
import { MARK, safeText, shorten, showMarks, withoutMarks } from './marked-text.ts';
import { showCount, showCounted } from './quantity.ts';

const Hit = v.object({
  _id: v.string(),
  _score: v.nullish(v.number()),
  _source: v.optional(v.record(v.string(), v.unknown()), {}),
  highlight: v.optional(v.record(v.string(), v.array(v.string())), {}),
});
const SearchAnswer = v.object({
  took: v.number(),
  timed_out: v.boolean(),
  _shards: v.object({ total: v.number(), successful: v.number(), failed: v.number() }),
  hits: v.object({
    total: v.exactOptional(v.object({ value: v.number(), relation: v.string() })),
    hits: v.array(Hit),
  }),
});

/** An answer of `search`. */
export type SearchAnswer = v.InferOutput<typeof SearchAnswer>;
type Hit = v.InferOutput<typeof Hit>;

/** Marks matched words of all text fields, whole fields at a time: they are cut to the terminal's width here. */
export const HIGHLIGHT = {
  fields: { '*': {} },
  pre_tags: [MARK.open],
  post_tags: [MARK.close],
  number_of_fragments: 0,
} as const;

/** Fields that name a document best, the first present one wins. */
const TITLE_FIELDS = ['title', 'name', 'headline', 'subject'];
const MIN_TEXT_WIDTH = 30;
const MAX_ID_WIDTH = 24;

/** Checks an answer. Throws valibot's error if it is none. */
export function parseSearchAnswer(answer: unknown): SearchAnswer {
  return v.parse(SearchAnswer, answer);
}

/** The line above the hits: how many, how long, and whether shards are missing. */
export function searchSummary({ took, _shards: shards, hits, timed_out: late }: SearchAnswer): string {
  const total =
    hits.total === undefined
      ? showCounted(hits.hits.length, 'hit')
      : `${hits.total.relation === 'gte' ? 'at least ' : ''}${showCounted(hits.total.value, 'hit')}`;
  const missing = shards.failed > 0 ? `, INCOMPLETE: ${shards.failed} of ${shards.total} shards did not answer` : '';
  return `${total} in ${showCount(took)} ms from ${showCounted(shards.successful, 'shard')}${missing}${late ? ', timed out' : ''}`;
}

/**
 * Draws the hits, one or two lines each.
 *
 * @param options `from` is the rank of the first hit, counted from 0.
 */
export function drawHits(hits: readonly Hit[], options: { width: number; colour: boolean; from: number }): string {
  const { width, colour, from } = options;
  const rankWidth = String(from + hits.length).length;
  const idWidth = Math.min(MAX_ID_WIDTH, Math.max(0, ...hits.map(({ _id }) => _id.length)));
  const lines = hits.flatMap((hit, place) => {
    const score = typeof hit._score === 'number' ? hit._score.toFixed(2).padStart(6) : '     -';
    const head = `${String(from + place + 1).padStart(rankWidth)}. ${score}  ${safeText(hit._id).padEnd(idWidth)}  `;
    const { title, text } = showHit(hit);
    const room = Math.max(MIN_TEXT_WIDTH, width - head.length - 1);
    const below = text === '' ? [] : [`${' '.repeat(head.length)}${shorten(text, room)}`];
    return [`${head}${shorten(title, room)}`.trimEnd(), ...below];
  });
  return lines.map((line) => `${showMarks(line, colour)}\n`).join('');
}

/** The title of a hit, and the text that tells best why it was found. */
function showHit({ _source: source, highlight }: Hit): { title: string; text: string } {
  const fields = new Map(
    Object.entries(source).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
  );
  for (const [name, parts] of Object.entries(highlight)) fields.set(name, parts.join(' … '));
  const titleField = TITLE_FIELDS.find((name) => fields.has(name));
  const title = safeText(fields.get(titleField ?? '') ?? '');
  const others = [...fields].filter(([name]) => name !== titleField).map(([, value]) => safeText(value));
  const marked = others.filter((value) => value.includes(MARK.open) && withoutMarks(value) !== withoutMarks(title));
  const text = longest(marked) ?? longest(others) ?? '';
  return title === '' ? { title: text || JSON.stringify(source), text: '' } : { title, text };
}

function longest(texts: readonly string[]): string | undefined {
  return texts.toSorted((a, b) => b.length - a.length)[0];
}
