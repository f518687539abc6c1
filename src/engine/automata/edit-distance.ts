/** How many edits lie between two words: by how much a fuzzy match counts less. */

/**
 * The least number of characters (code points) to insert, delete or replace to turn one word into the other; with
 * transpositions two neighbours may also change places, once (the restricted distance of Damerau, "optimal string
 * alignment", which is what Lucene's automata accept by).
 *
 * O(length of a × length of b).
 */
export function editDistance(a: string, b: string, transpositions = true): number {
  const rows = codePoints(a);
  const columns = codePoints(b);
  const width = columns.length + 1;
  let before = new Uint32Array(width);
  let previous = Uint32Array.from({ length: width }, (_, column) => column);
  let current = new Uint32Array(width);
  for (let row = 1; row <= rows.length; row++) {
    current[0] = row;
    for (let column = 1; column < width; column++) {
      const isSame = rows[row - 1] === columns[column - 1];
      let edits = Math.min(previous[column]!, current[column - 1]!) + 1;
      edits = Math.min(edits, previous[column - 1]! + (isSame ? 0 : 1));
      const changedPlaces =
        row > 1 && column > 1 && rows[row - 1] === columns[column - 2] && rows[row - 2] === columns[column - 1];
      if (transpositions && changedPlaces) edits = Math.min(edits, before[column - 2]! + 1);
      current[column] = edits;
    }
    [before, previous, current] = [previous, current, before];
  }
  return previous[width - 1]!;
}

/** The code points of a string; lone surrogates are characters of their own. */
export function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}
