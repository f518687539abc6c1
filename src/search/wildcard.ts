/** Patterns with `*`, as in source filters, highlighted fields and the fields of `multi_match`. */

/** Whether a pattern has a wildcard. */
export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*');
}

/** Whether a text matches a pattern, where `*` stands for any run of characters, also none. O(pattern × text). */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let read = 0;
  while (read < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = read;
    } else if (pattern[at] === text[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
