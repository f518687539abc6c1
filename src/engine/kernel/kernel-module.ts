/**
 * The compiled kernel: a WebAssembly module that `make build` makes of `assembly/` and puts beside the compiled form of
 * this file. From the sources it is found there, too. Read and compiled once in a thread.
 */
import { readFileSync } from 'node:fs';
import type { SharedMemory } from '../memory/region.ts';
import { type WebAssemblyModule, webAssembly } from '../memory/web-assembly.ts';

/** What an instance of the kernel offers (`assembly/kernel.ts`). */
export type KernelExports = {
  /** Evaluates the query whose record is at an address. */
  run(query: number): void;
  /** Finds which of the listed documents match. */
  select(query: number): void;
  /** Finds the first matches by a column. */
  sort(query: number): void;
  /** Completes a profile that was written at an address. */
  fillProfile(profile: number): void;
  /** Looks for first documents; the record is at an address. */
  findFirst(query: number): void;
  firstDocumentsBytes(): number;
  /** Lists signatures that are alike; see `assembly/signatures.ts`. */
  listAlike(
    signatures: number,
    count: number,
    signature: number,
    mostLost: number,
    mostGained: number,
    list: number,
  ): number;
  queryBytes(): number;
  queryBytesFilled(): number;
  termBytes(): number;
  termBytesFilled(): number;
};

const PLACES = ['./kernel.wasm', '../../../dist/src/engine/kernel/kernel.wasm'];

let compiled: WebAssemblyModule | undefined;

/**
 * Makes an instance over a memory. Its own state is some globals; all else lies where it is told to work.
 *
 * @throws Error if the module was not built.
 */
export function instantiateKernel(memory: SharedMemory): KernelExports {
  compiled ??= new webAssembly.Module(readModule());
  const { exports } = new webAssembly.Instance(compiled, { env: { memory } });
  if (!isKernel(exports)) throw new Error('the module of the kernel is of another version: run `make build`');
  return exports;
}

function readModule(): Uint8Array {
  for (const place of PLACES) {
    const bytes = readIfPresent(new URL(place, import.meta.url));
    if (bytes !== undefined) return bytes;
  }
  throw new Error('the kernel was not built: run `make build`');
}

function readIfPresent(url: URL): Uint8Array | undefined {
  try {
    return readFileSync(url);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isKernel(exports: object): exports is KernelExports {
  return ['run', 'select', 'sort', 'findFirst', 'listAlike', 'termBytesFilled'].every((name) => name in exports);
}
