/** Suites whose tests share something that takes long to start: once for the file, ended after its last test. */
import { suite, type Test } from 'uvu';

/**
 * A suite with something started before its first test, whose fields every test is given. A start that fails fails every
 * test, since uvu would drop it in `before`.
 *
 * @param end Called after the last test, if it was started.
 */
export function bootedSuite<Started extends object>(
  name: string,
  start: () => Promise<Started>,
  end: (started: Started) => Promise<void>,
): Test<Started> {
  const test = suite<Started>(name);
  let boot: Promise<Started> | undefined;
  let started: Started | undefined;
  test.before.each(async (context) => {
    boot ??= start().then((value) => {
      started = value;
      return value;
    });
    Object.assign(context, await boot);
  });
  test.after(async () => {
    if (started !== undefined) await end(started);
  });
  return test;
}
