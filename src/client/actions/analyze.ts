/**
 * `analyze`: the tokens of texts, by an analyzer of an index or, at `_`, by what is built in. Answered by the root: the
 * settings and mappings of an index are all it takes.
 */
import { analyzersOf } from '../../search/analysis.ts';
import { type AnalysisContext, analyze } from '../../search/analyze.ts';
import { EMPTY_MAPPINGS } from '../../search/mapping.ts';
import { parseAnalyze } from '../../search/request/analyze-request.ts';
import { initialAnalysis } from '../../search/state.ts';
import { NO_INDEX, type Root, type RunAction, searchGroup } from './action.ts';
import { readMappings } from './mappings.ts';

/** Analyses texts. */
export const analyzeText: RunAction = async (root, { index, body }) => {
  const request = parseAnalyze(body);
  const context = index === NO_INDEX ? { analyzers: analyzersOf(undefined), mappings: EMPTY_MAPPINGS } : undefined;
  return analyze(request, context ?? (await contextOf(root, index)));
};

async function contextOf(root: Root, index: string): Promise<AnalysisContext> {
  const group = await searchGroup(root, index);
  return { analyzers: analyzersOf(initialAnalysis(group.settings)), mappings: await readMappings(root, group) };
}
