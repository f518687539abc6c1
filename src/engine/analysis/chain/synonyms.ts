/**
 * Reads synonyms in Solr's format: `a, b, c` are the same, `a, b => c` replaces. Rules pass through the tokenizer and
 * the filters that come before, so that they are in the form in which the filter meets them.
 */
import { CoppiceError } from '../../../errors.ts';

/** The words that stand for each other, as a tree over the words that begin a rule. */
export type SynonymNode = {
  readonly next: Map<string, SynonymNode>;
  /** What stands for the words up to here: lists of words. */
  readonly outputs: (readonly string[])[];
  /** Whether the words themselves stay. */
  keepsInput: boolean;
};

/** A set of rules. */
export type SynonymMap = {
  readonly root: SynonymNode;
  /** Most words that a rule looks for. */
  readonly longest: number;
};

/** Limits of one filter. */
export const SYNONYM_LIMITS = { rules: 10_000, alternatives: 100, words: 10 } as const;

type Rule = { readonly inputs: readonly string[]; readonly outputs: readonly string[] | undefined };

/**
 * Compiles rules.
 *
 * @param analyze The words of a phrase, in the form in which the filter meets them.
 * @param expand Whether words that are the same each stand for all; otherwise all become the first.
 * @param lenient Whether rules that are wrong are passed over.
 * @throws CoppiceError `BAD_REQUEST` naming the rule, unless `lenient`.
 */
export function compileSynonyms(
  rules: readonly string[],
  analyze: (phrase: string) => readonly string[],
  { expand, lenient, what }: { readonly expand: boolean; readonly lenient: boolean; readonly what: string },
): SynonymMap {
  if (rules.length > SYNONYM_LIMITS.rules)
    throw new CoppiceError(
      'BAD_REQUEST',
      `${what}: ${rules.length} rules, at most ${SYNONYM_LIMITS.rules} are allowed`,
    );
  const root = newNode();
  let longest = 1;
  for (const line of rules) {
    try {
      longest = Math.max(longest, addRule(root, line, { analyze, expand, what }));
    } catch (error) {
      if (!lenient || !(error instanceof CoppiceError)) throw error;
    }
  }
  return { root, longest };
}

type RuleContext = {
  readonly analyze: (phrase: string) => readonly string[];
  readonly expand: boolean;
  readonly what: string;
};

/** Returns the number of words of the longest input. */
function addRule(root: SynonymNode, line: string, { analyze, expand, what }: RuleContext): number {
  const rule = readRule(line, what);
  if (rule === undefined) return 0;
  const wordsOf = (phrase: string): readonly string[] => {
    const words = analyze(phrase);
    if (words.length > 0 && words.length <= SYNONYM_LIMITS.words) return words;
    const problem = words.length === 0 ? 'is nothing after analysis' : `has more than ${SYNONYM_LIMITS.words} words`;
    throw new CoppiceError('BAD_REQUEST', `${what}: [${phrase}] in the rule [${line.slice(0, 200)}] ${problem}`);
  };
  const inputs = rule.inputs.map(wordsOf);
  const outputs = rule.outputs?.map(wordsOf) ?? (expand ? inputs : inputs.slice(0, 1));
  for (const input of inputs) addMapping(root, input, outputs);
  return Math.max(...inputs.map(({ length }) => length));
}

function addMapping(root: SynonymNode, input: readonly string[], outputs: readonly (readonly string[])[]): void {
  let node = root;
  for (const word of input) {
    let child = node.next.get(word);
    if (child === undefined) {
      child = newNode();
      node.next.set(word, child);
    }
    node = child;
  }
  for (const output of outputs) {
    if (isSame(output, input)) node.keepsInput = true;
    else if (!node.outputs.some((known) => isSame(known, output))) node.outputs.push(output);
  }
}

function readRule(line: string, what: string): Rule | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const sides = splitUnescaped(text, '=>');
  if (sides.length > 2) throw wrongRule(what, line, 'has more than one =>');
  const [inputs = [], outputs] = sides.map((side) =>
    splitUnescaped(side, ',')
      .map((phrase) => phrase.replaceAll(/\\(.)/g, '$1').trim())
      .filter((phrase) => phrase !== ''),
  );
  if (inputs.length === 0 || outputs?.length === 0) throw wrongRule(what, line, 'has an empty side');
  if (Math.max(inputs.length, outputs?.length ?? 0) > SYNONYM_LIMITS.alternatives)
    throw wrongRule(what, line, `has more than ${SYNONYM_LIMITS.alternatives} alternatives`);
  return { inputs, outputs };
}

function splitUnescaped(text: string, divider: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) === '\\') at++;
    else if (text.startsWith(divider, at)) {
      parts.push(text.slice(from, at));
      from = at + divider.length;
      at = from - 1;
    }
  }
  return [...parts, text.slice(from)];
}

function wrongRule(what: string, line: string, problem: string): CoppiceError {
  return new CoppiceError('BAD_REQUEST', `${what}: the rule [${line.slice(0, 200)}] ${problem}`);
}

function newNode(): SynonymNode {
  return { next: new Map(), outputs: [], keepsInput: false };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
