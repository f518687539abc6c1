/** Values of fields as text beside their numbers: dates and booleans. */
import type { ValueFormat } from './aggregation.ts';
import { dateFormatter } from './format-date.ts';

/** Makes the text of a value; undefined for values that are shown as they are. */
export type ValueText = (value: number) => string;

/** How values of a format are shown as text. @throws CoppiceError `BAD_REQUEST` for a pattern that is not known. */
export function valueText(format: ValueFormat | undefined): ValueText | undefined {
  if (format === undefined) return undefined;
  if (format.type === 'boolean') return (value) => (value === 0 ? 'false' : 'true');
  const text = dateFormatter(format);
  return (value) => text(Math.round(value));
}
