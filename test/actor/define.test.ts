import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { accept, checkDefinition, command, defineActor, query, reject } from '../../src/actor/define.ts';
import type {
  ActorDefinition,
  CommandEndpoint,
  DecideContext,
  QueryContext,
  QueryEndpoint,
} from '../../src/actor/definition.ts';
import { reducePartials } from '../../src/actor/reducers.ts';
import { CoppiceError, isCoppiceError } from '../../src/errors.ts';

const test = suite('actor/define');

type Counts = Map<string, number>;
type Added = { readonly name: string; readonly by: number };

const parseAdd = (body: unknown): Added => {
  if (typeof body === 'object' && body !== null && 'name' in body && 'by' in body) {
    if (typeof body.name === 'string' && typeof body.by === 'number') return { name: body.name, by: body.by };
  }
  throw new CoppiceError('BAD_REQUEST', 'body: expected {name, by}');
};

const counter = defineActor({
  kind: 'stateful',
  name: 'counter',
  init: (): Counts => new Map(),
  apply: (counts, { name, by }: Added) => {
    const count = (counts.get(name) ?? 0) + by;
    counts.set(name, count);
    return { count };
  },
  stats: (counts) => ({ docCount: counts.size, sizeBytes: counts.size * 16 }),
  endpoints: {
    add: command({
      polling: { by: 'name' },
      parse: parseAdd,
      decide: (counts: Counts, body, context: DecideContext<Added, undefined>) => {
        const before = (counts.get(body.name) ?? 0) + (context.pending(body.name)?.record.by ?? 0);
        return before + body.by < 0
          ? reject('CONFLICT', `\`${body.name}\` stands at ${before}`, { before })
          : accept(body.name, body);
      },
    }),
    get: query({
      polling: { by: 'name' },
      handle: (counts: Counts, { name }: { name: string }) => counts.get(name) ?? 0,
    }),
    total: query({
      polling: 'all',
      reduce: 'sum',
      handle: (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0),
    }),
  },
});

const shouter = defineActor({
  kind: 'stateless',
  name: 'shouter',
  endpoints: {
    shout: query({ polling: 'any', handle: (_: undefined, { text }: { text: string }) => text.toUpperCase() }),
  },
});

test('a counter decides, applies and answers', () => {
  const counts = counter.init({ shard: 0, settings: {} });
  const add = commandOf(counter, 'add');
  const decision = add.decide(counts, add.parse?.({ name: 'whales', by: 3 }), decideContext());
  assert.equal(decision, { kind: 'accept', key: 'whales', record: { name: 'whales', by: 3 } });
  if (decision.kind !== 'accept') return;
  const record = parseAdd(decision.record);
  assert.equal(counter.apply(counts, record, { seq: 7, place: 0, seqNo: 0, term: 1 }), { count: 3 });
  assert.is(queryOf(counter, 'get').handle(counts, { name: 'whales' }, queryContext), 3);
  const partials = [counts, new Map([['squids', 4]])].map((shard) =>
    queryOf(counter, 'total').handle(shard, {}, queryContext),
  );
  assert.is(reducePartials('sum', partials, {}), 7);
});

test('a counter sees what is pending before it decides', () => {
  const add = commandOf(counter, 'add');
  const pending = { record: { name: 'whales', by: 2 }, seqNo: 0, term: 1 };
  const decide = (by: number) => add.decide(new Map(), { name: 'whales', by }, decideContext(pending));
  assert.is(decide(-2).kind, 'accept');
  assert.equal(decide(-3), {
    kind: 'reject',
    code: 'CONFLICT',
    message: '`whales` stands at 2',
    details: { before: 2 },
  });
});

test('a stateless actor answers', () => {
  assert.is(queryOf(shouter, 'shout').handle(undefined, { text: 'thar she blows' }, queryContext), 'THAR SHE BLOWS');
});

test('a definition passes the check unchanged', () => {
  assert.is(checkDefinition(counter), counter);
  assert.is(checkDefinition(shouter), shouter);
});

test('everything that is no definition is refused with every issue named', () => {
  const handle = () => 1;
  const stateless = (endpoints: unknown) => ({ kind: 'stateless', name: 'a', endpoints });
  const refused: readonly (readonly [unknown, readonly string[]])[] = [
    [undefined, ['expected what `defineActor` returns, got undefined']],
    [[], ['expected what `defineActor` returns, got list']],
    [{}, ["kind: expected 'stateful' or 'stateless'"]],
    [
      { kind: 'stateful', name: '', init: 1, stats: 2, endpoints: {} },
      [
        'name: expected a string that is not empty',
        'init: expected a function, got number',
        'apply: expected a function, got undefined',
        'stats: expected a function, got number',
        'endpoints: expected an object with at least one endpoint',
      ],
    ],
    [
      stateless({ _ping: { kind: 'query', polling: 'any', handle } }),
      ['endpoints._ping: names that begin with `_` are reserved'],
    ],
    [
      stateless({ a: 1, b: {} }),
      ['endpoints.a: expected an object, got number', "endpoints.b.kind: expected 'query' or 'command'"],
    ],
    [
      stateless({ a: { kind: 'command', polling: { by: 'id' }, decide: handle } }),
      ['endpoints.a: a stateless group has no commands'],
    ],
    [
      stateless({ a: { kind: 'query', polling: { by: '' }, reduce: 'max', parse: 1 } }),
      [
        'endpoints.a.handle: expected a function, got undefined',
        'endpoints.a.parse: expected a function, got number',
        "endpoints.a.polling: expected 'any', 'all' or {by: path}",
        "endpoints.a.reduce: expected 'concat', 'sum', 'merge', {topk: {by, k, order}} or a function",
      ],
    ],
    [
      { ...counter, endpoints: { add: { kind: 'command', polling: 'all', agree: 1 } } },
      [
        'endpoints.add.decide: expected a function, got undefined',
        'endpoints.add.agree: expected a function, got number',
        'endpoints.add.polling: expected {by: path}',
      ],
    ],
  ];
  for (const [definition, issues] of refused) {
    assert.throws(
      () => checkDefinition(definition),
      (error: unknown) => {
        assert.equal(isCoppiceError(error, 'BAD_REQUEST') && error.details, { issues });
        return true;
      },
    );
  }
});

test.run();

const queryContext: QueryContext = { group: 'g', shard: 0, appliedSeq: 0, remainingMs: () => 1_000 };

function decideContext(pending?: { record: Added; seqNo: number; term: number }): DecideContext<unknown, unknown> {
  return { group: 'g', shard: 0, term: 1, seqNo: 0, wallMs: 0, shared: undefined, pending: () => pending };
}

function commandOf(definition: ActorDefinition, name: string): CommandEndpoint<unknown, unknown, unknown, unknown> {
  const endpoint = definition.kind === 'stateful' ? definition.endpoints[name] : undefined;
  if (endpoint?.kind !== 'command') throw new Error(`no command ${name}`);
  return endpoint;
}

function queryOf(definition: ActorDefinition, name: string): QueryEndpoint<unknown, unknown, unknown> {
  const endpoint = definition.endpoints[name];
  if (endpoint?.kind !== 'query') throw new Error(`no query ${name}`);
  return endpoint;
}
