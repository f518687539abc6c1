/**
 * Compiles the search kernel (src/engine/kernel/assembly, AssemblyScript) to the WebAssembly module at the path given
 * as argument. Several threads run instances of it over the same memory, so the module must bring no data of its own:
 * a string, an array literal or a managed object in its sources would, and the build fails.
 */
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import asc from 'assemblyscript/asc';

const ENTRY = 'src/engine/kernel/assembly/kernel.ts';
const DATA_SECTION = 11;

const target = process.argv[2];
if (target === undefined) throw new Error('usage: node scripts/build-kernel.mjs <path of the module>');
mkdirSync(dirname(target), { recursive: true });
// Written beside and moved, so that an interrupted build leaves no half of a module that looks new.
const draft = `${target}.tmp`;
const memory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
const output = ['--outFile', draft, '--runtime', 'stub', '--noExportMemory', '--use', 'abort='];
const options = [ENTRY, ...output, ...memory, '--enable', 'simd,threads', '-O3', '--converge'];
const messages = [];
const { error } = await asc.main(options, { stderr: { write: (text) => messages.push(text) } });
const problem = error === null ? unwanted(readFileSync(draft)) : [...messages, error.message].join('\n');
if (problem === undefined) {
  renameSync(draft, target);
} else {
  rmSync(draft, { force: true });
  console.error(problem);
  process.exitCode = 1;
}

/** What speaks against running several instances over one memory; undefined if nothing does. */
function unwanted(bytes) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ name }) => name);
  if (imports.join() !== 'memory') return `the kernel imports ${imports.join(', ')} where only a memory is given`;
  if (sectionsOf(bytes).includes(DATA_SECTION)) return 'the kernel has static data';
  return undefined;
}

/** Numbers of the sections of a WebAssembly module (Core Specification 2.0, 5.5.2). */
function sectionsOf(bytes) {
  const numbers = [];
  let at = 8;
  while (at < bytes.length) {
    numbers.push(bytes[at++]);
    let [length, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++];
      length |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    at += length;
  }
  return numbers;
}
