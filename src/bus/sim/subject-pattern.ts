/** Subjects and the patterns that cover them: `*` stands for one token, `>` for all that follow, at least one. */

/** A pattern taken apart. */
export class SubjectPattern {
  readonly text: string;
  /** Whether it covers one subject only: itself. */
  readonly isLiteral: boolean;
  readonly #tokens: readonly string[];

  constructor(text: string) {
    this.text = text;
    this.#tokens = text.split('.');
    this.isLiteral = !this.#tokens.some((token) => token === '*' || token === '>');
  }

  /** Whether it covers a subject, given as its tokens. */
  covers(subject: readonly string[]): boolean {
    const tokens = this.#tokens;
    for (const [place, token] of tokens.entries()) {
      if (token === '>') return subject.length > place;
      if (place >= subject.length || (token !== '*' && token !== subject[place])) return false;
    }
    return tokens.length === subject.length;
  }
}
