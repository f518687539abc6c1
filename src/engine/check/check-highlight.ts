/** What highlighting is asked for, checked before a text is looked at. */
import { ensure, isCount, isFlag, isText, listOf, objectOf, oneOf } from './checks.ts';

const isField = objectOf({ field: isText, id: isText, texts: listOf(isText) });
const isOptions = objectOf({
  preTag: isText,
  postTag: isText,
  encoder: oneOf('default', 'html'),
  boundaries: oneOf('sentence', 'word'),
  size: isCount,
  fragments: isCount,
  order: oneOf('text', 'score'),
  noMatchSize: isCount,
  maxAnalyzed: isCount,
  requireFieldMatch: isFlag,
});

/** Throws CoppiceError `BAD_REQUEST` for a field of a hit, or options, that are none. */
export function checkHighlight(field: unknown, options: unknown): void {
  ensure('field', field, isField);
  ensure('options', options, isOptions);
}
