/**
 * The character filter `html_strip`: takes tags, comments, scripts and styles out of a text and puts characters in the
 * place of references. What parts blocks becomes a line end, so that words do not run together. Linear in the text,
 * however broken the markup is.
 */
import { type CharFilter, TextChange } from './char-filter.ts';
import { ENTITIES } from './entities.ts';

/** Elements inside a line: their tags vanish. All others part words. After Lucene's HTMLStripCharFilter. */
const INLINE = new Set(
  (
    'a abbr acronym b basefont bdo big cite code dfn em font i img input kbd label q s samp select small span strike ' +
    'strong sub sup textarea tt u var'
  ).split(' '),
);
/** A longer one counts as text. */
const MAX_TAG_LENGTH = 16_384;
const NAME = /[A-Za-z_:][-A-Za-z0-9._:]*/y;
const REFERENCE = /&(?:#(\d{1,8})|#[xX]([\dA-Fa-f]{1,7})|([A-Za-z][A-Za-z0-9]{1,9}));?/y;

/** @param keeps Names of elements, in lower case, whose tags stay. */
export function htmlStripFilter(keeps: ReadonlySet<string>): CharFilter {
  return { isNormalizing: false, apply: (text) => new HtmlStripper(text, keeps).strip() };
}

class HtmlStripper {
  readonly #text: string;
  readonly #keeps: ReadonlySet<string>;
  readonly #change: TextChange;
  /** Texts that do not come again: looked for once. */
  readonly #absent = new Set<string>();

  constructor(text: string, keeps: ReadonlySet<string>) {
    this.#text = text;
    this.#keeps = keeps;
    this.#change = new TextChange(text);
  }

  strip(): TextChange {
    const marks = /[<&]|\]\]>/g;
    for (let match = marks.exec(this.#text); match !== null; match = marks.exec(this.#text)) {
      const at = match.index;
      marks.lastIndex = match[0] === '<' ? this.#markup(at) : match[0] === '&' ? this.#reference(at) : at + 3;
    }
    return this.#change.finish();
  }

  /** Deals with what begins with `<`; returns where to go on. */
  #markup(at: number): number {
    if (this.#text.startsWith('<!--', at)) return this.#cut(at, this.#after('-->', at + 4), '');
    if (this.#text.startsWith('<![CDATA[', at)) return this.#cut(at, at + 9, '');
    if (this.#text.startsWith('<!', at) || this.#text.startsWith('<?', at))
      return this.#cut(at, this.#after('>', at), '');
    return this.#tag(at);
  }

  #tag(at: number): number {
    const isClosing = this.#text.charAt(at + 1) === '/';
    NAME.lastIndex = at + (isClosing ? 2 : 1);
    const name = NAME.exec(this.#text)?.[0].toLowerCase();
    if (name === undefined) return at + 1;
    const end = this.#endOfTag(at + name.length);
    if (end < 0) return at + 1;
    if (this.#keeps.has(name)) return end;
    const isRaw = !isClosing && (name === 'script' || name === 'style') && this.#text.charAt(end - 2) !== '/';
    const close = isRaw ? this.#endOfRaw(name, end) : end;
    return this.#cut(at, close, INLINE.has(name) ? '' : '\n');
  }

  /** One past the `>` of a tag, outside of quotes; -1 if it is not closed. */
  #endOfTag(from: number): number {
    const limit = Math.min(this.#text.length, from + MAX_TAG_LENGTH);
    for (let at = from; at < limit; at++) {
      const char = this.#text.charAt(at);
      if (char === '>') return at + 1;
      if (char === '<') return -1;
      if ((char === '"' || char === "'") && this.#text.charAt(at - 1) === '=') {
        const close = this.#after(char, at + 1);
        if (close > 0) at = close - 1;
      }
    }
    return -1;
  }

  /** One past the closing tag of a script or style; the end of the text if there is none. */
  #endOfRaw(name: string, from: number): number {
    const closing = new RegExp(`</${name}[^>]*>`, 'gi');
    closing.lastIndex = from;
    const match = closing.exec(this.#text);
    return match === null ? this.#text.length : closing.lastIndex;
  }

  #reference(at: number): number {
    REFERENCE.lastIndex = at;
    const match = REFERENCE.exec(this.#text);
    if (match === null) return at + 1;
    const [whole, decimal, hex, name] = match;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    const character = name === undefined ? characterOf(code) : ENTITIES.get(name);
    return character === undefined ? at + 1 : this.#cut(at, at + whole.length, character);
  }

  /** One past the next `mark`; -1 if it does not come. */
  #after(mark: string, from: number): number {
    if (this.#absent.has(mark)) return -1;
    const at = this.#text.indexOf(mark, from);
    if (at >= 0) return at + mark.length;
    this.#absent.add(mark);
    return -1;
  }

  /** Replaces up to `to`, if that is a place; returns where to go on. */
  #cut(at: number, to: number, replacement: string): number {
    if (to < 0) return at + 1;
    this.#change.replace(at, to, replacement);
    return to;
  }
}

function characterOf(code: number): string | undefined {
  if (code === 0xa0) return ' ';
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : undefined;
}
