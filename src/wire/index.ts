/** Public entry of `coppice/wire`: subjects, names and encodings, for clients in other processes. */
export { CONTENT_TYPES, decode, encode, type Encoding, encodingOf, HEADERS } from './codec.ts';
export { checkName, nameToToken, tokenToName } from './names.ts';
export { fill, QUEUES, SUBJECTS } from './subjects.ts';
