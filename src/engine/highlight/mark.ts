/** Writes a passage with what was found between tags. */
import type { HighlightOptions } from './highlight-options.ts';
import type { Passage } from './passages.ts';

type MarkOptions = Pick<HighlightOptions, 'preTag' | 'postTag' | 'encoder'>;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#x27;'],
  ['/', '&#x2F;'],
]);

/** A passage with tags; what overlaps is marked as one. Spaces at its ends are left out. */
export function markPassage(
  text: string,
  { start, end, occurrences }: Pick<Passage, 'start' | 'end' | 'occurrences'>,
  { preTag, postTag, encoder }: MarkOptions,
): string {
  const encode = encoder === 'html' ? escapeHtml : (piece: string): string => piece;
  const [from, to] = trimmed(text, start, end);
  let [result, at] = ['', from];
  for (let i = 0; i < occurrences.length; ) {
    const { start: open } = occurrences[i]!;
    let close = open;
    while (i < occurrences.length && occurrences[i]!.start <= Math.max(open, close - 1))
      close = Math.max(close, occurrences[i++]!.end);
    result += `${encode(text.slice(at, open))}${preTag}${encode(text.slice(open, close))}${postTag}`;
    at = close;
  }
  return result + encode(text.slice(at, to));
}

/** Text as it stands in HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'/]/g, (sign) => ESCAPES.get(sign) ?? sign);
}

function trimmed(text: string, start: number, end: number): readonly [number, number] {
  let [from, to] = [start, end];
  while (from < to && /\s/.test(text.charAt(from))) from++;
  while (to > from && /\s/.test(text.charAt(to - 1))) to--;
  return [from, to];
}
