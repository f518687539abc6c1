/** Loads WordNet's glosses, as `coppice load` does: bulks of a thousand, a few of them under way at once. */
import type { Coppice } from '../../src/client/client.ts';
import { readWordnet, type Synset, WORDNET_MAPPINGS } from '../../test/support/wordnet.ts';

const BATCH = 1_000;
const IN_FLIGHT = 4;

/** The whole corpus. */
export const corpus: readonly Synset[] = [...readWordnet()];

/** Creates an index for the corpus. */
export async function createIndex(client: Coppice, index: string, shards: number, replicas: number): Promise<void> {
  await client.request('index-create', index, { settings: { shards, replicas }, mappings: WORDNET_MAPPINGS });
}

/** Loads the corpus; resolves with the milliseconds that it took until the last document was searchable. */
export async function loadCorpus(client: Coppice, index: string): Promise<number> {
  const startMs = performance.now();
  let next = 0;
  const loader = async (): Promise<void> => {
    for (let from = next; from < corpus.length; from = next) {
      next = from + BATCH;
      const operations = corpus.slice(from, next).flatMap(({ id, ...doc }) => [{ index: { _id: id } }, doc]);
      const answer = await client.bulk(index, operations, { deadlineMs: 120_000 });
      if (answer.errors) throw new Error(`not all was taken: ${JSON.stringify(answer.items).slice(0, 500)}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loader));
  return performance.now() - startMs;
}
