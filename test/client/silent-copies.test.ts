/** The breaker of silent copies: how many misses open it, and what closes it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SilentCopies } from '../../src/client/silent-copies.ts';
import type { Membership } from '../../src/cluster/membership.ts';

const test = suite('client/silent-copies');
const place = { leaf: 'a', shard: 'g/x/0' };

type Scene = { readonly silent: SilentCopies; nowMs: number; heardMs: number | undefined };

function openScene(): Scene {
  const pulse = { leaf: 'a', incarnation: 'i', load: 0, rssBytes: 0, copies: [] };
  const membership: Pick<Membership, 'pulseOf'> = {
    pulseOf: () => (scene.heardMs === undefined ? undefined : { pulse, atMs: scene.heardMs }),
  };
  const clock = { nowMs: () => scene.nowMs };
  const scene: Scene = { silent: new SilentCopies(clock, membership), nowMs: 0, heardMs: undefined };
  return scene;
}

function miss({ silent }: Scene, times: number): void {
  for (let n = 0; n < times; n++) silent.noteSilent(place);
}

test('three misses on end make a copy silent; an answer between them does not let it come to that', () => {
  const scene = openScene();
  miss(scene, 2);
  scene.silent.noteAnswered(place);
  miss(scene, 2);
  assert.not(scene.silent.isSilent(place));
  miss(scene, 1);
  assert.ok(scene.silent.isSilent(place));
  assert.not(scene.silent.isSilent({ ...place, leaf: 'b' }));
  assert.not(scene.silent.isSilent({ ...place, shard: 'g/x/1' }));
});

test('a silent copy is asked again after a second, once its leaf was heard; one more miss is enough then', () => {
  const scene = openScene();
  miss(scene, 3);
  scene.nowMs = 5_000;
  assert.ok(scene.silent.isSilent(place), 'nothing was heard of it');
  scene.heardMs = 4_900;
  assert.not(scene.silent.isSilent(place));
  miss(scene, 1);
  scene.heardMs = 5_500;
  scene.nowMs = 5_900;
  assert.ok(scene.silent.isSilent(place), 'too soon');
  scene.nowMs = 6_000;
  assert.not(scene.silent.isSilent(place));
  scene.silent.noteAnswered(place);
  miss(scene, 2);
  assert.not(scene.silent.isSilent(place));
});

test('an answer of a silent copy ends its silence', () => {
  const scene = openScene();
  miss(scene, 3);
  scene.silent.noteAnswered(place);
  assert.not(scene.silent.isSilent(place));
});

test('a shard is watched for a second', () => {
  const scene = openScene();
  assert.not(scene.silent.isWatched(place.shard));
  scene.silent.watch(place.shard);
  scene.nowMs = 999;
  assert.ok(scene.silent.isWatched(place.shard));
  scene.nowMs = 1_000;
  assert.not(scene.silent.isWatched(place.shard));
});

test.run();
