/**
 * The search engine as a library: no cluster, no NATS, no process but this one.
 * Run: npx tsx examples/engine-alone.ts
 */
// From the installed package: import { createEngine } from 'coppice/engine';
import { createEngine } from '../src/engine/index.ts';

const engine = createEngine({ schema: { title: 'text' } });
for (const [position, title] of ['Moby-Dick; or, The Whale', 'The Old Man and the Sea', 'Whale Song'].entries()) {
  const id = String(position);
  engine.put({
    id,
    source: { title },
    fields: { title: [title] },
    version: 1,
    seqNo: position,
    primaryTerm: 1,
    position,
  });
}
const hits = engine.search({ query: { kind: 'match', field: 'title', text: 'the whale' }, limit: 10 });
for (const [rank, ordinal] of hits.ordinals.entries()) {
  console.log(hits.scores[rank]?.toFixed(3), JSON.stringify(engine.documentAt(ordinal).source));
}
engine.close();
