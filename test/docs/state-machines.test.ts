/**
 * The pictures of docs/state-machines.md are drawn from the machines. After a change of a machine, draw them anew:
 * `UPDATE_DOCS=1 npx tsx test/docs/state-machines.test.ts`.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AnyStateMachine, setup } from 'xstate';
import { COPY_STATES, copyMachine } from '../../src/machines/copy.ts';
import { primacyMachine } from '../../src/machines/primacy.ts';
import { readPage, tableOf } from '../support/markdown.ts';
import { drawMachine } from '../support/state-diagram.ts';

const PATH = 'docs/state-machines.md';
const MACHINES: Readonly<Record<string, AnyStateMachine>> = { copyMachine, primacyMachine };

const test = suite('docs/state-machines');

for (const [name, machine] of Object.entries(MACHINES)) {
  test(`the picture of ${name} is the code’s`, () => {
    const wanted = `\`\`\`mermaid\n${drawMachine(machine)}\`\`\`\n`;
    assert.is(tableOf(PATH, name, wanted), wanted);
  });

  test(`the page names every state of ${name} in words`, () => {
    const words = readPage(PATH).replaceAll(/```mermaid[\s\S]*?```/g, '');
    for (const state of Object.keys(machine.root.states)) assert.ok(words.includes(`\`${state}`), state);
  });
}

test('every public state of a copy is in its picture', () => {
  const lines = drawMachine(copyMachine).split('\n');
  for (const state of COPY_STATES)
    assert.ok(
      lines.some((line) => line.trim() === state),
      state,
    );
});

test('a picture has events, guards, delays, actions, and what a state does inside', () => {
  const door = setup({
    delays: { patience: 10 },
    guards: { isLocked: () => true },
    actions: { ring: () => {}, creak: () => {}, greet: () => {} },
  }).createMachine({
    id: 'door',
    initial: 'shut',
    on: { burn: '.gone' },
    states: {
      shut: { entry: 'creak', on: { push: { guard: 'isLocked', target: 'open', actions: ['ring', 'greet'] } } },
      open: {
        initial: 'wide',
        exit: 'creak',
        on: { knock: { actions: 'greet' }, push: {} },
        states: { wide: {}, ajar: {} },
        after: { patience: 'shut' },
      },
      gone: { type: 'final' },
    },
  });
  assert.equal(drawMachine(door).trimEnd().split('\n'), [
    'stateDiagram-v2',
    '  [*] --> shut',
    '  shut',
    '  state open {',
    '    [*] --> wide',
    '    wide',
    '    ajar',
    '  }',
    '  gone',
    '  shut --> open : push [isLocked] / ring, greet',
    '  open --> shut : after patience',
    '  shut --> gone : burn',
    '  open --> gone : burn',
    '  gone --> [*]',
    '  note right of shut',
    '    entry / creak',
    '  end note',
    '  note right of open',
    '    knock / greet',
    '    push (ignored)',
    '    exit / creak',
    '  end note',
  ]);
});

test('an action without a name cannot be drawn', () => {
  const nameless = setup({}).createMachine({ initial: 'a', states: { a: { entry: () => {} } } });
  assert.throws(() => drawMachine(nameless), /no name/);
});

test.run();
