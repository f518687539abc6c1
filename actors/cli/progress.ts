/**
 * Progress of a long piece of work: a bar that is redrawn in place on a terminal, a line now and then elsewhere. The
 * drawing is pure; the class knows when to draw.
 */
import { showBytes, showCount, showDuration } from './quantity.ts';
import type { Output } from './terminal.ts';

/** How far the work has come. `share` is 0 to 1, or undefined where the end is not known. */
export type ProgressState = {
  readonly share: number | undefined;
  readonly docs: number;
  readonly failed: number;
  readonly elapsedMs: number;
};

const REDRAW_MS = 100;
const LINE_EVERY_MS = 2_000;
const BAR_WIDTH = 24;
/** Before this much is done, an estimate of the end is noise. */
const MIN_SHARE_FOR_ETA = 0.02;

/** One line that tells the state: bar, documents, rate, estimate of the time left. */
export function progressLine(label: string, state: ProgressState): string {
  const { share, docs, failed, elapsedMs } = state;
  const rate = elapsedMs > 0 ? `${showCount((docs * 1_000) / elapsedMs)}/s` : '';
  const parts = [
    label,
    share === undefined ? '' : `${bar(share)} ${String(Math.floor(share * 100)).padStart(3)} %`,
    `${showCount(docs)} documents`,
    rate,
    timeLeft(share, elapsedMs),
    failed === 0 ? '' : `${showCount(failed)} failed`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** One line that tells how far a transfer is: bar, bytes, rate, estimate of the time left. */
export function transferLine(
  label: string,
  state: { readonly doneBytes: number; readonly totalBytes: number; readonly note: string; readonly elapsedMs: number },
): string {
  const { doneBytes, totalBytes, note, elapsedMs } = state;
  const share = totalBytes === 0 ? undefined : doneBytes / totalBytes;
  const parts = [
    label,
    share === undefined ? '' : `${bar(share)} ${String(Math.floor(share * 100)).padStart(3)} %`,
    `${showBytes(doneBytes)} of ${showBytes(totalBytes)}`,
    elapsedMs > 0 ? `${showBytes((doneBytes * 1_000) / elapsedMs)}/s` : '',
    timeLeft(share, elapsedMs),
    note,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** Draws the progress of loading documents. */
export class Progress {
  readonly #live: LiveLine;
  readonly #label: string;

  constructor(output: Output, label: string, nowMs: () => number) {
    this.#live = new LiveLine(output, nowMs);
    this.#label = label;
  }

  /** Takes the state; draws if it is time. */
  update(state: Omit<ProgressState, 'elapsedMs'>): void {
    this.#live.show((elapsedMs) => progressLine(this.#label, { ...state, elapsedMs }));
  }

  /** Wipes the bar, so that other lines can be written. */
  clear(): void {
    this.#live.clear();
  }
}

/** A line that is redrawn in place on a terminal, and written now and then elsewhere. */
export class LiveLine {
  readonly #output: Output;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #drawnMs: number;
  #shown = false;

  constructor(output: Output, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#drawnMs = this.#startMs;
  }

  /** Draws if it is time. `line` is given the milliseconds since the start. */
  show(line: (elapsedMs: number) => string): void {
    const now = this.#nowMs();
    if (now - this.#drawnMs < (this.#output.isTerminal ? REDRAW_MS : LINE_EVERY_MS)) return;
    this.#drawnMs = now;
    this.#draw(line(now - this.#startMs));
  }

  /** Wipes it, so that other lines can be written. */
  clear(): void {
    if (this.#shown) this.#output.write('\r\u001b[K');
    this.#shown = false;
  }

  #draw(line: string): void {
    if (!this.#output.isTerminal) {
      this.#output.write(`${line}\n`);
      return;
    }
    this.#output.write(`\r${line.slice(0, this.#output.width() - 1)}\u001b[K`);
    this.#shown = true;
  }
}

function timeLeft(share: number | undefined, elapsedMs: number): string {
  if (share === undefined || share < MIN_SHARE_FOR_ETA || share >= 1) return '';
  return `${showDuration((elapsedMs * (1 - share)) / share)} left`;
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
}
