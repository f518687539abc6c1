/** What ratios are aimed at. */
import type { Comparison } from './report.ts';

/** Classes in which twice Lucene's speed is aimed at. */
const TWICE = new Set(['HighTerm', 'MedTerm', 'LowTerm', 'OrHighHigh', 'OrHighMed', 'OrHighLow']);
const NPM_PEERS = new Set(['minisearch', 'flexsearch', 'orama']);

/** The least ratio aimed at, or undefined where there is no aim. */
export function aimOf({ class: name, peer }: Pick<Comparison, 'class' | 'peer'>): number | undefined {
  const [, subject = '', mode] = name.split('/');
  if (NPM_PEERS.has(peer)) return mode === 'top10' ? 10 : undefined;
  if (peer === 'idle') return 0.5;
  if (peer !== 'lucene') return undefined;
  if (mode === 'top10') return TWICE.has(subject) ? 2 : 1.2;
  if (mode === 'top10count') return 1;
  if (subject === 'indexing') return 1.2;
  return subject === 'bytes-per-doc' ? 1 / 1.3 : undefined;
}

/** Those that miss their aim. */
export function missed(comparisons: readonly Comparison[]): Comparison[] {
  return comparisons.filter((comparison) => comparison.ratio < (aimOf(comparison) ?? 0));
}
