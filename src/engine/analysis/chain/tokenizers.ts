/** The tokenizers that take no settings of their own: `standard`, `letter`, `lowercase`, `whitespace`, `keyword`. */
import { lowerCase } from '../lower-case.ts';
import { MAX_TOKEN_LENGTH, Tokenizer } from '../tokenizer.ts';
import { newToken, type TextCutter, type TokenStage } from './token-stage.ts';
import { wordType } from './word-type.ts';

/** Words as UAX #29 has them, in their own case. */
export const cutStandard: TextCutter = (text, stage) => {
  const tokenizer = new Tokenizer().reset(text);
  let position = 0;
  while (tokenizer.next()) {
    const token = newToken(tokenizer.word(), position, [tokenizer.start, tokenizer.end]);
    token.type = wordType(token.term);
    stage.token(token);
    position++;
  }
  stage.end(position);
};

/** Words as UAX #29 has them, cut at `maxLength` UTF-16 units. */
export function standardCutter(maxLength: number): TextCutter {
  if (maxLength >= MAX_TOKEN_LENGTH) return cutStandard;
  return (text, stage) => {
    let position = 0;
    cutStandard(text, {
      token(token): void {
        for (let at = 0; at < token.term.length; at += maxLength, position++) {
          const term = token.term.slice(at, at + maxLength);
          const start = token.start + at;
          stage.token({ ...token, term, position, start, end: start + term.length });
        }
      },
      end: () => stage.end(position),
    });
  };
}

/** Runs of letters, as Java's `Character.isLetter` has them. */
export const cutLetters: TextCutter = (text, stage) => cutRuns(/\p{L}{1,255}/gu, text, stage);

/** Runs of letters, in lower case. */
export const cutLowerCaseLetters: TextCutter = (text, stage) =>
  cutLetters(text, {
    token(token): void {
      token.term = lowerCase(token.term);
      stage.token(token);
    },
    end: (positions) => stage.end(positions),
  });

/** What stands between spaces, as Java's `Character.isWhitespace` has them: no-break spaces stay inside. */
export const cutAtSpaces: TextCutter = (text, stage) =>
  cutRuns(/[^\t-\r\u001c-\u0020\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]{1,255}/gu, text, stage);

/** The whole text; nothing of an empty one. */
export const cutNothing: TextCutter = (text, stage) => {
  if (text !== '') stage.token(newToken(text, 0, [0, text.length]));
  stage.end(text === '' ? 0 : 1);
};

/** @param runs Has the flag `g`, and never matches nothing. */
function cutRuns(runs: RegExp, text: string, stage: TokenStage): void {
  let position = 0;
  for (const match of text.matchAll(runs)) {
    const [term] = match;
    stage.token(newToken(term, position, [match.index, match.index + term.length]));
    position++;
  }
  stage.end(position);
}
