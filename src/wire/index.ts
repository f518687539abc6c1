/** Public entry of `coppice/wire`: subjects, names and encodings, for clients in other processes. */
export { CONTENT_TYPES, decode, type Encoding, encode, encodingOf, HEADERS } from './codec.ts';
export { checkName, nameToToken, tokenToName } from './names.ts';
export { fill, QUEUES, SUBJECTS } from './subjects.ts';
