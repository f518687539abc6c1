/** What a child process tells the process that started it, over Node's IPC channel. */

/** `ready` comes once; `failed` comes before an exit that has a reason worth telling. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly pid: number; readonly url?: string }
  | { readonly type: 'failed'; readonly message: string; readonly exitCode: number };

/** Sends a message to the parent, if there is one that listens. */
export function tellParent(message: ChildMessage): void {
  if (process.connected !== true) return;
  // The parent may be gone by now; nobody is left to be told.
  process.send?.(message, undefined, undefined, () => {});
}

/** Reads a message from a child; undefined if it is none of ours. */
export function parseChildMessage(value: unknown): ChildMessage | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  if (value.type === 'ready' && 'pid' in value && typeof value.pid === 'number') {
    const url = 'url' in value && typeof value.url === 'string' ? { url: value.url } : {};
    return { type: 'ready', pid: value.pid, ...url };
  }
  if (value.type === 'failed' && 'message' in value && 'exitCode' in value) {
    return { type: 'failed', message: String(value.message), exitCode: Number(value.exitCode) };
  }
  return undefined;
}
