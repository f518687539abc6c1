/**
 * Regular expressions over bytes, and what is left of them after a byte: their derivatives (Brzozowski, "Derivatives of
 * regular expressions", 1964). Expressions are numbers in an arena where equal ones are one, so that they are the
 * states of a deterministic automaton at the same time. Unions are kept apart from what follows them (Antimirov,
 * "Partial derivatives of regular expressions", 1996), so that no expression grows beyond the pattern's own parts.
 *
 * Only bytes that spell characters are ever asked about, so "any text" may stand for any bytes.
 */
import { CoppiceError } from '../../errors.ts';

/** An expression of one arena. */
export type Expression = number;

/** No text at all. */
export const NOTHING: Expression = 0;
/** The empty text. */
export const EMPTY: Expression = 1;
/** Any text. */
export const ANYTHING: Expression = 2;

/** No upper bound of a repetition. */
export const UNBOUNDED = -1;

type Node =
  | { readonly kind: 'nothing' | 'empty' | 'anything' }
  | { readonly kind: 'bytes'; readonly from: number; readonly to: number }
  | { readonly kind: 'sequence'; readonly first: Expression; readonly rest: Expression }
  | { readonly kind: 'union' | 'intersection'; readonly of: readonly Expression[] }
  | { readonly kind: 'complement'; readonly of: Expression }
  | { readonly kind: 'repeat'; readonly of: Expression; readonly min: number; readonly max: number };

/** Makes expressions and tells what they accept. */
export class ByteExpressions {
  readonly #nodes: Node[] = [{ kind: 'nothing' }, { kind: 'empty' }, { kind: 'anything' }];
  readonly #acceptsEmpty: boolean[] = [false, true, true];
  /** The next part of a sequence that begins with any text; -1 if there is none. */
  readonly #nextOpen: number[] = [-1, -1, -1];
  readonly #numbers = new Map<string, Expression>();
  readonly #derivatives = new Map<number, Expression>();
  readonly #maxEffort: number;
  readonly #name: string;
  #effort = 0;

  /**
   * @param maxEffort Most expressions that may be looked at in all, to make others of them; beyond, CoppiceError
   * `LIMIT_EXCEEDED`. It bounds time and memory alike.
   * @param name What is made of them, for messages.
   */
  constructor(maxEffort: number, name: string) {
    this.#maxEffort = maxEffort;
    this.#name = name;
  }

  /** Whether the empty text is accepted. */
  acceptsEmpty(expression: Expression): boolean {
    return this.#acceptsEmpty[expression]!;
  }

  /** One byte of a range. */
  bytes(from: number, to: number): Expression {
    return this.#intern(`b${from},${to}`, { kind: 'bytes', from, to }, false);
  }

  /** One text after the other. */
  sequence(first: Expression, rest: Expression): Expression {
    if (first === NOTHING || rest === NOTHING) return NOTHING;
    if (first === EMPTY) return rest;
    if (rest === EMPTY) return first;
    this.#spend(1);
    const node = this.#nodes[first]!;
    if (node.kind === 'union') return this.union(node.of.map((member) => this.sequence(member, rest)));
    if (node.kind === 'sequence') return this.#rightmost(first, rest);
    if (first === ANYTHING && (rest === ANYTHING || this.#first(rest) === ANYTHING)) return rest;
    const expression = this.#intern(
      `s${first},${rest}`,
      { kind: 'sequence', first, rest },
      this.acceptsEmpty(first) && this.acceptsEmpty(rest),
    );
    this.#nextOpen[expression] = this.#first(rest) === ANYTHING ? rest : this.#nextOpen[rest]!;
    return expression;
  }

  /** A list of texts, one after the other. */
  sequenceOf(parts: readonly Expression[]): Expression {
    return parts.reduceRight((rest, part) => this.sequence(part, rest), EMPTY);
  }

  /** Any one of several. */
  union(members: readonly Expression[]): Expression {
    const flat = this.#flatten(members, 'union', NOTHING);
    if (flat.has(ANYTHING)) return ANYTHING;
    const kept = [...flat].filter((member) => !this.#isImplied(member, flat));
    const [only] = kept;
    if (only === undefined) return NOTHING;
    if (kept.length === 1) return only;
    return this.#many(
      'union',
      kept.toSorted(byNumber),
      kept.some((member) => this.acceptsEmpty(member)),
    );
  }

  /** What all of several accept. */
  intersection(members: readonly Expression[]): Expression {
    const flat = this.#flatten(members, 'intersection', ANYTHING);
    if (flat.has(NOTHING)) return NOTHING;
    const [only] = flat;
    if (only === undefined) return ANYTHING;
    if (flat.size === 1) return only;
    return this.#many(
      'intersection',
      [...flat].toSorted(byNumber),
      [...flat].every((member) => this.acceptsEmpty(member)),
    );
  }

  /** What an expression does not accept. */
  complement(of: Expression): Expression {
    if (of === NOTHING) return ANYTHING;
    if (of === ANYTHING) return NOTHING;
    const node = this.#nodes[of]!;
    if (node.kind === 'complement') return node.of;
    return this.#intern(`c${of}`, { kind: 'complement', of }, !this.acceptsEmpty(of));
  }

  /** `min` to `max` times the same, or from `min` on if `max` is `UNBOUNDED`. */
  repeat(of: Expression, min: number, max: number): Expression {
    if (max === 0 || of === EMPTY) return EMPTY;
    if (of === NOTHING) return min === 0 ? EMPTY : NOTHING;
    if (of === ANYTHING || (min === 1 && max === 1)) return of;
    const node = this.#nodes[of]!;
    if (node.kind === 'repeat' && isSimple(node.min, node.max) && isSimple(min, max))
      return this.repeat(node.of, node.min * min, node.max === UNBOUNDED ? UNBOUNDED : max);
    const least = this.acceptsEmpty(of) ? 0 : min;
    return this.#intern(`r${of},${least},${max}`, { kind: 'repeat', of, min: least, max }, least === 0);
  }

  /** What is left of an expression after a byte. */
  derive(expression: Expression, byte: number): Expression {
    const key = expression * 256 + byte;
    const known = this.#derivatives.get(key);
    if (known !== undefined) return known;
    const derivative = this.#makeDerivative(expression, byte);
    this.#derivatives.set(key, derivative);
    return derivative;
  }

  #makeDerivative(expression: Expression, byte: number): Expression {
    this.#spend(1);
    const node = this.#nodes[expression]!;
    switch (node.kind) {
      case 'nothing':
      case 'empty':
        return NOTHING;
      case 'anything':
        return ANYTHING;
      case 'bytes':
        return byte >= node.from && byte <= node.to ? EMPTY : NOTHING;
      case 'sequence':
        return this.#deriveSequence(expression, byte);
      case 'union':
        return this.union(node.of.map((member) => this.derive(member, byte)));
      case 'intersection':
        return this.intersection(node.of.map((member) => this.derive(member, byte)));
      case 'complement':
        return this.complement(this.derive(node.of, byte));
      case 'repeat': {
        const once = this.derive(node.of, byte);
        if (once === NOTHING) return NOTHING;
        const max = node.max === UNBOUNDED ? UNBOUNDED : node.max - 1;
        return this.sequence(once, this.repeat(node.of, Math.max(0, node.min - 1), max));
      }
    }
  }

  /** Bytes from which on expressions may do something else: the edges of every range made so far. */
  edges(): ReadonlySet<number> {
    const edges = new Set<number>();
    for (const node of this.#nodes) {
      if (node.kind !== 'bytes') continue;
      edges.add(node.from);
      edges.add(node.to + 1);
    }
    return edges;
  }

  #deriveSequence(expression: Expression, byte: number): Expression {
    const derived: Expression[] = [];
    let at = expression;
    for (;;) {
      const node = this.#nodes[at]!;
      if (node.kind !== 'sequence') {
        derived.push(this.derive(at, byte));
        break;
      }
      derived.push(this.sequence(this.derive(node.first, byte), node.rest));
      if (!this.acceptsEmpty(node.first)) break;
      at = node.rest;
    }
    return derived.length === 1 ? derived[0]! : this.union(derived);
  }

  #rightmost(sequence: Expression, rest: Expression): Expression {
    const parts: Expression[] = [];
    let at = sequence;
    for (let node = this.#nodes[at]!; node.kind === 'sequence'; node = this.#nodes[at]!) {
      parts.push(node.first);
      at = node.rest;
    }
    return parts.reduceRight((after, part) => this.sequence(part, after), this.sequence(at, rest));
  }

  #first(expression: Expression): Expression {
    const node = this.#nodes[expression]!;
    return node.kind === 'sequence' ? node.first : expression;
  }

  #flatten(members: readonly Expression[], kind: 'union' | 'intersection', neutral: Expression): Set<Expression> {
    const flat = new Set<Expression>();
    for (const member of members) {
      const node = this.#nodes[member]!;
      if (node.kind === kind) for (const inner of node.of) flat.add(inner);
      else if (member !== neutral) flat.add(member);
      this.#spend(node.kind === kind ? node.of.length : 1);
    }
    return flat;
  }

  /** Whether another member is "any text, then X", where this one ends in the same way: it accepts no more then. */
  #isImplied(member: Expression, members: ReadonlySet<Expression>): boolean {
    for (let open = this.#nextOpen[member]!; open >= 0; open = this.#nextOpen[open]!)
      if (members.has(open)) return true;
    return false;
  }

  #spend(effort: number): void {
    this.#effort += effort;
    if (this.#effort > this.#maxEffort)
      throw new CoppiceError('LIMIT_EXCEEDED', `${this.#name} is too costly to work out`);
  }

  #many(kind: 'union' | 'intersection', of: readonly Expression[], acceptsEmpty: boolean): Expression {
    return this.#intern(`${kind === 'union' ? 'u' : 'i'}${of.join()}`, { kind, of }, acceptsEmpty);
  }

  #intern(key: string, node: Node, acceptsEmpty: boolean): Expression {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#acceptsEmpty.push(acceptsEmpty);
    this.#nextOpen.push(-1);
    const expression = this.#nodes.push(node) - 1;
    this.#numbers.set(key, expression);
    return expression;
  }
}

/** Whether a repetition is one of `?`, `*`, `+`: two of them are one. */
function isSimple(min: number, max: number): boolean {
  return min <= 1 && (max === 1 || max === UNBOUNDED);
}

function byNumber(a: Expression, b: Expression): number {
  return a - b;
}
