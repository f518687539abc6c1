/**
 * Text with marked words, between the highlighter and the terminal: marks are private characters until the text has
 * been made safe and cut to size, and become bold or `**` at the very end.
 */

/** Opens and closes a marked word inside the program; given to the highlighter as its tags. */
export const MARK = { open: '\u{e000}', close: '\u{e001}' } as const;

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const ELLIPSIS = '…';

/** Removes what could steer a terminal, and makes one line of it. */
export function safeText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(CONTROLS, '').trim();
}

/** Number of characters that are seen. */
export function visibleLength(text: string): number {
  let length = 0;
  for (const character of text) if (character !== MARK.open && character !== MARK.close) length += 1;
  return length;
}

/**
 * Cuts a text to a width, around its first marked word, at the edges of words where it can.
 *
 * @param width Characters seen, the ellipses included; 10 or more.
 */
export function shorten(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  const before = text.includes(MARK.open) ? visibleLength(text.slice(0, text.indexOf(MARK.open))) : 0;
  const start = before < width * 0.7 ? 0 : before - Math.floor(width / 3);
  const room = width - ELLIPSIS.length - (start === 0 ? 0 : ELLIPSIS.length);
  const atEnd = start + room >= visibleLength(text);
  const piece = cut(text, start, start + room);
  return `${start === 0 ? '' : ELLIPSIS}${piece.trim()}${atEnd ? '' : ELLIPSIS}`;
}

/** Turns marks into bold, or into `**` where there is no colour. */
export function showMarks(text: string, colour: boolean): string {
  const [open, close] = colour ? ['\u001b[1;33m', '\u001b[0m'] : ['**', '**'];
  return text.replaceAll(MARK.open, open).replaceAll(MARK.close, close);
}

/** The text without its marks. */
export function withoutMarks(text: string): string {
  return text.replaceAll(MARK.open, '').replaceAll(MARK.close, '');
}

/** The characters seen from `start` to `end`, with whole marks. */
function cut(text: string, start: number, end: number): string {
  let seen = 0;
  let piece = '';
  for (const character of text) {
    if (seen >= start && seen < end) piece += character;
    if (character !== MARK.open && character !== MARK.close) seen += 1;
  }
  return balance(piece);
}

/** Opens what is closed without having been opened, and closes what is left open. */
function balance(text: string): string {
  const lastOpen = text.lastIndexOf(MARK.open);
  const lastClose = text.lastIndexOf(MARK.close);
  const firstOpen = text.indexOf(MARK.open);
  const firstClose = text.indexOf(MARK.close);
  const opened = firstClose >= 0 && (firstOpen < 0 || firstClose < firstOpen) ? `${MARK.open}${text}` : text;
  return lastOpen > lastClose ? `${opened}${MARK.close}` : opened;
}
