/**
 * What a pattern of `pattern_replace` or the `pattern` tokenizer is compiled to: a program for a machine that walks over
 * a text once, however the pattern looks (Thompson's construction, https://swtch.com/~rsc/regexp/regexp2.html).
 */

/** Whether a code point belongs to a class. */
export type CharacterTest = (code: number) => boolean;

/** Where an assertion holds. */
export type Place = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'insideOrOutside';

/** One step. Addresses are indices into the program. */
export type Instruction =
  | { readonly op: 'test'; readonly test: CharacterTest }
  /** Tries `first` before `second`. */
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  /** Notes the offset: where group `slot / 2` begins (even slots) or ends. */
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly place: Place }
  | { readonly op: 'match' };

/** A compiled pattern. Group 0 is the whole match. */
export type PatternProgram = { readonly instructions: readonly Instruction[]; readonly groupCount: number };

/** A parsed pattern. */
export type PatternNode =
  | { readonly kind: 'test'; readonly test: CharacterTest }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      /** Infinity without a bound. */
      readonly max: number;
      readonly isLazy: boolean;
    }
  | { readonly kind: 'group'; readonly node: PatternNode; readonly group: number }
  | { readonly kind: 'assert'; readonly place: Place };

/** Most instructions of one program. */
export const MAX_INSTRUCTIONS = 2000;

/** Compiles a parsed pattern; undefined if it takes more than `MAX_INSTRUCTIONS`. */
export function compileNode(node: PatternNode, groupCount: number): PatternProgram | undefined {
  const assembler = new Assembler();
  assembler.add({ kind: 'group', node, group: 0 });
  assembler.push({ op: 'match' });
  return assembler.isFull ? undefined : { instructions: assembler.instructions, groupCount };
}

class Assembler {
  readonly instructions: Instruction[] = [];

  get isFull(): boolean {
    return this.instructions.length > MAX_INSTRUCTIONS;
  }

  push<T extends Instruction>(instruction: T): T {
    this.instructions.push(instruction);
    return instruction;
  }

  add(node: PatternNode): void {
    if (this.isFull) return;
    switch (node.kind) {
      case 'test':
        this.push({ op: 'test', test: node.test });
        return;
      case 'assert':
        this.push({ op: 'assert', place: node.place });
        return;
      case 'sequence':
        for (const inner of node.nodes) this.add(inner);
        return;
      case 'group':
        this.push({ op: 'save', slot: node.group * 2 });
        this.add(node.node);
        this.push({ op: 'save', slot: node.group * 2 + 1 });
        return;
      case 'choice':
        this.#addChoice(node.nodes);
        return;
      case 'repeat':
        this.#addRepeat(node);
        return;
    }
  }

  #addChoice(nodes: readonly PatternNode[]): void {
    const jumps: { to: number }[] = [];
    nodes.forEach((node, i) => {
      const isLast = i === nodes.length - 1;
      const split = isLast ? undefined : this.push({ op: 'split' as const, first: 0, second: 0 });
      if (split !== undefined) split.first = this.instructions.length;
      this.add(node);
      if (!isLast) jumps.push(this.push({ op: 'jump' as const, to: 0 }));
      if (split !== undefined) split.second = this.instructions.length;
    });
    for (const jump of jumps) jump.to = this.instructions.length;
  }

  #addRepeat({ node, min, max, isLazy }: Extract<PatternNode, { kind: 'repeat' }>): void {
    for (let i = 0; i < min && !this.isFull; i++) this.add(node);
    if (max === Number.POSITIVE_INFINITY) {
      const start = this.instructions.length;
      const split = this.push({ op: 'split' as const, first: 0, second: 0 });
      this.#enter(split, isLazy);
      this.add(node);
      this.push({ op: 'jump', to: start });
      this.#leave(split, isLazy);
      return;
    }
    const splits: { first: number; second: number }[] = [];
    for (let i = min; i < max && !this.isFull; i++) {
      const split = this.push({ op: 'split' as const, first: 0, second: 0 });
      this.#enter(split, isLazy);
      splits.push(split);
      this.add(node);
    }
    for (const split of splits) this.#leave(split, isLazy);
  }

  /** What comes next is the inside of a repetition. */
  #enter(split: { first: number; second: number }, isLazy: boolean): void {
    split[isLazy ? 'second' : 'first'] = this.instructions.length;
  }

  /** What comes next is behind a repetition. */
  #leave(split: { first: number; second: number }, isLazy: boolean): void {
    split[isLazy ? 'first' : 'second'] = this.instructions.length;
  }
}
