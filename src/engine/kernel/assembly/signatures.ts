/** Looks through signatures of terms (`part/term-signature.ts`), four at once. Driven by `../search-kernel.ts`. */

/**
 * Lists those of `count` signatures that lack no more than `mostLost` bits of one, and have no more than `mostGained`
 * others, each 2 at most.
 *
 * @param list Room for `count` indexes of 32 bits.
 * @returns How many there are.
 */
export function listAlike(
  signatures: usize,
  count: i32,
  signature: i32,
  mostLost: i32,
  mostGained: i32,
  list: usize,
): i32 {
  const wanted = i32x4.splat(signature);
  const lowest = i32x4.splat(1);
  const zero = i32x4.splat(0);
  // Each step clears a bit, unless all must stay.
  const firstLost = kept(mostLost, 0);
  const secondLost = kept(mostLost, 1);
  const firstGained = kept(mostGained, 0);
  const secondGained = kept(mostGained, 1);
  let end = list;
  for (let i = 0; i < count; i += 4) {
    const others = v128.load(signatures + ((<usize>i) << 2));
    let lost = v128.andnot(wanted, others);
    lost = v128.and(lost, v128.or(i32x4.sub(lost, lowest), firstLost));
    lost = v128.and(lost, v128.or(i32x4.sub(lost, lowest), secondLost));
    let gained = v128.andnot(others, wanted);
    gained = v128.and(gained, v128.or(i32x4.sub(gained, lowest), firstGained));
    gained = v128.and(gained, v128.or(i32x4.sub(gained, lowest), secondGained));
    let bits = i32x4.bitmask(i32x4.eq(v128.or(lost, gained), zero));
    for (; bits != 0; bits &= bits - 1) {
      const index = i + <i32>ctz(bits);
      if (index >= count) break;
      store<i32>(end, index);
      end += 4;
    }
  }
  return <i32>((end - list) >> 2);
}

/** What keeps all bits in a step unless it may clear one. */
function kept(most: i32, step: i32): v128 {
  return i32x4.splat(most > step ? 0 : -1);
}
