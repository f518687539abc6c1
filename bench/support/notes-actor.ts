/** An actor that costs next to nothing: texts by key. What a benchmark of the write path writes into. */
import { accept, command, defineActor } from '../../src/actor/define.ts';

type Note = { readonly key: string; readonly text: string };

/** The definition, for worker threads. */
export const actor = defineActor({
  kind: 'stateful',
  name: 'notes',
  init: () => new Map<string, string>(),
  apply: (state, { key, text }: Note) => {
    state.set(key, text);
    return null;
  },
  endpoints: {
    put: command<Map<string, string>, Note, Note>({
      polling: { by: 'key' },
      decide: (_, { key, text }) => accept(key, { key, text }),
    }),
  },
});
