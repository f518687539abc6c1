/** Bounds of worker threads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WORKER_LIMITS, workerLimits } from '../../src/host/worker-limits.ts';
import { failureOf } from '../support/failure.ts';

const test = suite('host/worker-limits');

test('what is not given is the default', () => {
  const { heapMb, memoryMb } = WORKER_LIMITS;
  assert.equal(workerLimits({ stuckMs: 500 }), { heapMb: heapMb.default, memoryMb: memoryMb.default, stuckMs: 500 });
});

for (const given of [{ heapMb: 15 }, { heapMb: 2 ** 40 }, { memoryMb: 1.5 }, { stuckMs: 0 }, { stuckMs: Number.NaN }]) {
  test(`${JSON.stringify(given)} is refused by name`, async () => {
    const error = await failureOf((async () => workerLimits(given))());
    assert.is(error.code, 'BAD_REQUEST');
    assert.match(error.message, `worker.${Object.keys(given)[0]}: expected a whole number`);
  });
}

test.run();
