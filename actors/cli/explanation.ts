/** Explanations of scores, drawn as a tree. */
import * as v from 'valibot';
import { safeText } from './marked-text.ts';

/** How a score came about. */
export type Explanation = {
  readonly value: number;
  readonly description: string;
  readonly details: readonly Explanation[];
};

/** Checks an explanation. */
export const ExplanationShape: v.GenericSchema<Explanation> = v.object({
  value: v.number(),
  description: v.string(),
  details: v.array(v.lazy(() => ExplanationShape)),
});

/** One line for each part, those that it is made of below it. */
export function drawExplanation({ value, description, details }: Explanation, depth = 0): string {
  const line = `${'  '.repeat(depth)}${shownValue(value)}  ${safeText(description)}\n`;
  return line + details.map((detail) => drawExplanation(detail, depth + 1)).join('');
}

function shownValue(value: number): string {
  return String(Number(value.toPrecision(5)));
}
