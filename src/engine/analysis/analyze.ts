/** The analyzer as a function: what `match` looks for and what the highlighter marks. */
import { Tokenizer } from './tokenizer.ts';

/** A token: its term, and where it stands in the text in UTF-16 units. */
export type Token = { readonly term: string; readonly start: number; readonly end: number };

/** The tokens of a text, in order. */
export function analyze(text: string): Token[] {
  const tokenizer = new Tokenizer().reset(text);
  const tokens: Token[] = [];
  while (tokenizer.next()) tokens.push({ term: tokenizer.term(), start: tokenizer.start, end: tokenizer.end });
  return tokens;
}
