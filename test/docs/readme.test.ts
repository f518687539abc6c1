/**
 * What README.md shows is true: its commands and requests are sent to a cluster, and its snippets are run, in the order of
 * the page. Snippets import the package by its name, which is what `make build` has compiled.
 */
import { connect } from 'nats';
import * as assert from 'uvu/assert';
import { clusterSuite } from '../support/cluster-suite.ts';
import { fencesOf, readPage } from '../support/markdown.ts';
import { programCommand, run } from '../support/run-program.ts';
import { slow } from '../support/slow.ts';

const test = clusterSuite('docs/readme');

test('every command, request and snippet works', async ({ cluster }) => {
  slow(180_000);
  const vars = { NATS_URL: cluster.url };
  const nats = await connect({ servers: cluster.url });
  try {
    let runs = 0;
    for (const { language, text } of fencesOf(readPage('README.md'))) {
      if (language === 'js') {
        const { code, stderr } = await run(process.execPath, ['--input-type=module', '--eval', text], vars);
        assert.is(code, 0, `${text}\n${stderr}`);
        runs++;
      }
      for (const line of language === 'sh' ? text.trim().split('\n') : []) {
        const [, subject, body] = /^nats req (\S+) '(.*)'$/.exec(line) ?? [];
        if (subject !== undefined) {
          const answer = await nats.request(subject, body, { timeout: 10_000 });
          assert.not.ok(answer.headers?.get('Nats-Service-Error'), line);
        } else if (line.startsWith('coppice ')) {
          const coppice = `coppice() { "$NODE" "$@"; }; ${line.replace(/^coppice /, `coppice ${quoted(programCommand('actors/cli/main'))} `)}`;
          const { code, stderr } = await run('sh', ['-c', coppice], { ...vars, NODE: process.execPath });
          assert.is(code, 0, `${line}\n${stderr}`);
        } else continue;
        runs++;
      }
    }
    assert.ok(runs >= 14, `${runs} were found`);
  } finally {
    await nats.close();
  }
});

test.run();

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
}
