/** The lists of the package `stopword` that are used here; it brings no types. */
declare module 'stopword' {
  type Words = readonly string[];
  export const ara: Words, ben: Words, bul: Words, cat: Words, ces: Words, dan: Words, deu: Words, ell: Words;
  export const est: Words, eus: Words, fas: Words, fin: Words, fra: Words, gle: Words, glg: Words, hin: Words;
  export const hun: Words, hye: Words, ind: Words, ita: Words, lav: Words, lit: Words, nld: Words, nob: Words;
  export const pol: Words, por: Words, porBr: Words, ron: Words, rus: Words, slk: Words, slv: Words, spa: Words;
  export const swe: Words, tha: Words, tur: Words, ukr: Words;
}
