/** Upper and lower case of ASCII letters, the only ones that automata take for each other. */

/** The lower-case letter of an upper-case one of ASCII; any other number as it is. */
export function foldAscii(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}

/** The same letter of ASCII in the other case; any other number as it is. */
export function otherCase(code: number): number {
  const folded = code | 0x20;
  return folded >= 0x61 && folded <= 0x7a && code < 0x80 ? code ^ 0x20 : code;
}
