/**
 * The demo's corpus for tests and benchmarks: WordNet's glosses, one document per synset, in the order of the files.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSynset, type Synset, WORDNET_FILES, wordnetFolder } from '../../actors/demo/wordnet.ts';

export { type Synset, WORDNET_MAPPINGS } from '../../actors/demo/wordnet.ts';

/**
 * Reads the corpus, 117,791 glosses.
 *
 * @param every Takes each nth gloss only, so that a small sample has all parts of speech.
 */
export function* readWordnet(every = 1): Generator<Synset> {
  let count = 0;
  for (const file of WORDNET_FILES) {
    for (const line of readFileSync(join(wordnetFolder(), file), 'utf8').split('\n')) {
      const synset = parseSynset(line);
      if (synset !== undefined && count++ % every === 0) yield synset;
    }
  }
}
