/**
 * Matches patterns in time linear in the text: all ways a pattern may go are followed at once, the preferred one first
 * (Pike's machine, https://swtch.com/~rsc/regexp/regexp2.html), so that no pattern can hold up an index.
 */
import { type PatternFlags, parsePattern } from './parse-pattern.ts';
import type { Instruction, PatternProgram, Place } from './pattern-program.ts';

/** Offsets of a match: of group `g` from `2g` to `2g + 1`; -1 for a group that took no part. */
export type PatternMatch = readonly number[];

/** Steps that the matches of one text may take: after them, the rest of the text counts as free of matches. */
const STEPS = { least: 10_000_000, perUnit: 100 } as const;

/** A compiled pattern. */
export class Pattern {
  readonly #program: PatternProgram;
  readonly #firsts: Uint8Array;

  /**
   * @param what Names the setting in messages.
   * @throws CoppiceError `BAD_REQUEST` if the pattern is wrong or not supported.
   */
  constructor(source: string, flags: PatternFlags, what: string) {
    this.#program = parsePattern(source, flags, what);
    this.#firsts = firstCharacters(this.#program.instructions);
  }

  /** Number of the last group. */
  get lastGroup(): number {
    return this.#program.groupCount - 1;
  }

  /** The matches of a text from left to right, none overlapping another. Empty matches are among them. */
  *matches(text: string): Generator<PatternMatch> {
    const machine = new Machine(this.#program, text, (at) => this.#skip(text, at));
    for (let at = 0; at <= text.length; ) {
      const match = machine.find(at);
      if (match === undefined) return;
      yield match;
      const [start = 0, end = 0] = match;
      at = end > start ? end : end + widthAt(text, end);
    }
  }

  /** The first offset at which a match may begin. */
  #skip(text: string, from: number): number {
    let at = from;
    while (at < text.length) {
      const unit = text.charCodeAt(at);
      if (unit > 127 || this.#firsts[unit] === 1) break;
      at++;
    }
    return at;
  }
}

/** Threads of one step: addresses in order of preference, each with the offsets it has noted. */
type Threads = { count: number; readonly addresses: Int32Array; readonly slots: number[][]; readonly seen: Int32Array };

class Machine {
  readonly #instructions: readonly Instruction[];
  readonly #text: string;
  readonly #slotCount: number;
  readonly #skip: (at: number) => number;
  #stepsLeft: number;
  #stamp = 0;
  #current: Threads;
  #next: Threads;

  /** @param skip The first offset from a given one on at which a match may begin. */
  constructor({ instructions, groupCount }: PatternProgram, text: string, skip: (at: number) => number) {
    this.#skip = skip;
    this.#instructions = instructions;
    this.#text = text;
    this.#slotCount = groupCount * 2;
    this.#stepsLeft = STEPS.least + STEPS.perUnit * text.length;
    this.#current = newThreads(instructions.length);
    this.#next = newThreads(instructions.length);
  }

  /** The first match from an offset on. */
  find(from: number): PatternMatch | undefined {
    const text = this.#text;
    let found: number[] | undefined;
    this.#current.count = 0;
    this.#stamp++;
    for (let at = from; ; ) {
      if (found === undefined && this.#current.count === 0) at = this.#skip(at);
      if (found === undefined)
        this.#follow(this.#current, 0, { at, slots: Array.from({ length: this.#slotCount }, () => -1) });
      if (this.#current.count === 0 && found !== undefined) return found;
      const width = at < text.length ? widthAt(text, at) : 0;
      const code = width > 0 ? (text.codePointAt(at) ?? 0) : -1;
      this.#stamp++;
      this.#next.count = 0;
      found = this.#step(code, at + width) ?? found;
      [this.#current, this.#next] = [this.#next, this.#current];
      if (width === 0 || this.#stepsLeft < 0) return found;
      at += width;
    }
  }

  /** Moves all threads over one character; -1 is the end. Returns the offsets of a thread that has matched. */
  #step(code: number, after: number): number[] | undefined {
    const { count, addresses, slots } = this.#current;
    this.#stepsLeft -= count + 1;
    for (let i = 0; i < count; i++) {
      const address = addresses[i]!;
      const instruction = this.#instructions[address]!;
      if (instruction.op === 'match') return slots[i]!;
      if (instruction.op === 'test' && code >= 0 && instruction.test(code))
        this.#follow(this.#next, address + 1, { at: after, slots: slots[i]! });
    }
    return undefined;
  }

  /** Adds a thread, and all it reaches without a character, in order of preference. */
  #follow(threads: Threads, address: number, { at, slots }: { at: number; slots: number[] }): void {
    if (threads.seen[address] === this.#stamp) return;
    threads.seen[address] = this.#stamp;
    this.#stepsLeft--;
    const instruction = this.#instructions[address]!;
    switch (instruction.op) {
      case 'jump':
        this.#follow(threads, instruction.to, { at, slots });
        return;
      case 'split':
        this.#follow(threads, instruction.first, { at, slots });
        this.#follow(threads, instruction.second, { at, slots });
        return;
      case 'save':
        this.#follow(threads, address + 1, { at, slots: slots.with(instruction.slot, at) });
        return;
      case 'assert':
        if (holds(instruction.place, this.#text, at)) this.#follow(threads, address + 1, { at, slots });
        return;
      case 'test':
      case 'match':
        threads.addresses[threads.count] = address;
        threads.slots[threads.count] = slots;
        threads.count++;
    }
  }
}

function newThreads(size: number): Threads {
  return { count: 0, addresses: new Int32Array(size), slots: [], seen: new Int32Array(size) };
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function holds(place: Place, text: string, at: number): boolean {
  if (place === 'textStart') return at === 0;
  if (place === 'textEnd') return at === text.length;
  if (place === 'lineStart') return at === 0 || text.charAt(at - 1) === '\n';
  if (place === 'lineEnd') return at === text.length || text.charAt(at) === '\n';
  const isEdge = isWordUnit(text.charCodeAt(at - 1)) !== isWordUnit(text.charCodeAt(at));
  return place === 'wordEdge' ? isEdge : !isEdge;
}

/** Letters, digits and `_` of ASCII; not NaN, which is what lies outside of a text. */
function isWordUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x5f
  );
}

/** 1 for each ASCII character that a match may begin with. */
function firstCharacters(instructions: readonly Instruction[]): Uint8Array {
  const firsts = new Uint8Array(128);
  const seen = new Set<number>();
  const open = [0];
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    if (seen.has(address)) continue;
    seen.add(address);
    const instruction = instructions[address]!;
    if (instruction.op === 'match') return firsts.fill(1);
    if (instruction.op === 'test')
      for (let code = 0; code < 128; code++) firsts[code]! |= instruction.test(code) ? 1 : 0;
    else if (instruction.op === 'jump') open.push(instruction.to);
    else if (instruction.op === 'split') open.push(instruction.first, instruction.second);
    else open.push(address + 1);
  }
  return firsts;
}
