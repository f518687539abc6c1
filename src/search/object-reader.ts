/**
 * Reads one JSON object whose keys are known, key by key, with the path of each at hand. Unknown keys are refused when
 * it is opened.
 */
import {
  type Bounds,
  booleanAt,
  childPath,
  integerAt,
  isPlainObject,
  type Keys,
  nameAt,
  numberAt,
  type Scalar,
  scalarAt,
  shapeError,
  stringAt,
  unknownNameError,
  wordAt,
} from './shape.ts';

/** An object being read. A key that is absent or undefined reads as undefined; null does not. */
export class ObjectReader {
  readonly path: string;
  readonly #entries: ReadonlyMap<string, unknown>;

  private constructor(path: string, entries: ReadonlyMap<string, unknown>) {
    this.path = path;
    this.#entries = entries;
  }

  /**
   * Opens an object.
   *
   * @throws CoppiceError `PARSING_FAILED` if the value is no plain object or has a key that is not known.
   */
  static open(value: unknown, path: string, keys: Keys): ObjectReader {
    if (!isPlainObject(value)) throw shapeError(path, 'an object', value);
    for (const name of Object.keys(value)) {
      if (!keys.known.includes(name)) throw unknownNameError({ path, what: 'key', name }, keys);
    }
    return new ObjectReader(path, new Map(Object.entries(value)));
  }

  /** The path of a key. */
  at(key: string): string {
    return childPath(this.path, key);
  }

  /** Whether a key is there. */
  has(key: string): boolean {
    return this.#entries.get(key) !== undefined;
  }

  /** The value of a key, unchecked. */
  value(key: string): unknown {
    return this.#entries.get(key);
  }

  /** The value of a key that must be there. */
  required(key: string, expected: string): unknown {
    const value = this.#entries.get(key);
    if (value === undefined) throw shapeError(this.at(key), expected, value);
    return value;
  }

  string(key: string): string | undefined {
    return this.#read(key, stringAt);
  }

  name(key: string): string | undefined {
    return this.#read(key, nameAt);
  }

  boolean(key: string): boolean | undefined {
    return this.#read(key, booleanAt);
  }

  scalar(key: string): Scalar | undefined {
    return this.#read(key, scalarAt);
  }

  number(key: string, bounds: Bounds = {}): number | undefined {
    return this.#read(key, (value, path) => numberAt(value, path, bounds));
  }

  integer(key: string, bounds: Bounds = {}): number | undefined {
    return this.#read(key, (value, path) => integerAt(value, path, bounds));
  }

  word<const Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    return this.#read(key, (value, path) => wordAt(value, path, words));
  }

  #read<T>(key: string, take: (value: unknown, path: string) => T): T | undefined {
    const value = this.#entries.get(key);
    return value === undefined ? undefined : take(value, this.at(key));
  }
}
