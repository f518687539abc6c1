/** The tokenizers `ngram` and `edge_ngram`, which cut a text into overlapping pieces. */
import { newToken, type TextCutter } from './token-stage.ts';

/** How pieces are cut. */
export type GramOptions = {
  readonly min: number;
  readonly max: number;
  /** Whether a character belongs to a word; others part words. Without it the whole text is one word. */
  readonly isWordPart?: (character: string) => boolean;
  /** Only the pieces at the start of each word. */
  readonly onlyEdges: boolean;
};

/** Cuts words into pieces of `min` to `max` characters, by where they start and then by length. Each has its own position. */
export function gramTokenizer({ min, max, isWordPart, onlyEdges }: GramOptions): TextCutter {
  return (text, stage) => {
    let position = 0;
    const cut = (offsets: readonly number[]): void => {
      const lastStart = onlyEdges ? Math.min(0, offsets.length - 1 - min) : offsets.length - 1 - min;
      for (let start = 0; start <= lastStart; start++) {
        for (let length = min; length <= max && start + length < offsets.length; length++) {
          const [from = 0, to = 0] = [offsets[start], offsets[start + length]];
          stage.token(newToken(text.slice(from, to), position, [from, to]));
          position++;
        }
      }
    };
    for (const offsets of wordsOf(text, isWordPart)) cut(offsets);
    stage.end(position);
  };
}

/** For each word the offsets of its characters, and of its end. */
function* wordsOf(text: string, isWordPart: ((character: string) => boolean) | undefined): Generator<number[]> {
  let offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    if (isWordPart === undefined || isWordPart(character)) offsets.push(at);
    else if (offsets.length > 0) {
      yield [...offsets, at];
      offsets = [];
    }
    at += character.length;
  }
  if (offsets.length > 0) yield [...offsets, at];
}
