/**
 * The part of the WebAssembly interface that the engine uses. TypeScript declares it only together with the interfaces
 * of browsers.
 */
import type { SharedMemory } from './region.ts';

/** A compiled module. */
export type WebAssemblyModule = object;

/** The global `WebAssembly`. */
export type WebAssemblyNamespace = {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => SharedMemory;
  readonly Module: new (bytes: Uint8Array) => WebAssemblyModule;
  readonly Instance: new (
    module: WebAssemblyModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: object };
  readonly RuntimeError: new () => Error;
};

declare const WebAssembly: WebAssemblyNamespace;

/** WebAssembly of this process. */
export const webAssembly: WebAssemblyNamespace = WebAssembly;

/** Whether an error is what WebAssembly throws when code reads outside of its memory. */
export function isWebAssemblyTrap(error: unknown): boolean {
  return error instanceof webAssembly.RuntimeError;
}
