/** Holds a column of numbers that grows while a file is read. */

/** Numbers that are appended one at a time; the memory doubles when it is full. */
export class GrowingColumn {
  /** A column that is the given numbers, not a copy. */
  static of(values: Float64Array): GrowingColumn {
    const column = new GrowingColumn();
    column.#values = values;
    column.length = values.length;
    return column;
  }

  #values: Float64Array = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) this.#reserve(2 * this.length);
    this.#values[this.length++] = value;
  }

  /** @param row of those that are there */
  at(row: number): number {
    return this.#values[row];
  }

  set(row: number, value: number): void {
    this.#values[row] = value;
  }

  /** Takes the last value off. */
  pop(): void {
    this.length--;
  }

  /** Makes room for so many values in all. */
  reserve(capacity: number): void {
    if (capacity > this.#values.length) this.#reserve(capacity);
  }

  /** The values themselves, not a copy, as they are now. */
  view(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  #reserve(capacity: number): void {
    const larger = new Float64Array(capacity);
    larger.set(this.#values);
    this.#values = larger;
  }
}

/** Words that are compared byte by byte before a text is made. */
const MAX_KNOWN = 16;

/** Texts of a column as numbers into a list of the different ones: exchange, symbol and side repeat in every row. */
export class WordColumn {
  readonly words: string[] = [];
  readonly #codes = new GrowingColumn();
  readonly #codeOf = new Map<string, number>();
  /** The first words' bytes, by code. */
  readonly #bytes: Uint8Array[] = [];

  get length(): number {
    return this.#codes.length;
  }

  /** Appends the text of some bytes, UTF-8; a word that came before is found without making a text of it. */
  pushBytes(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    for (let code = 0; code < this.#bytes.length; code++) {
      const known = this.#bytes[code];
      if (known.length !== length) continue;
      let i = 0;
      while (i < length && known[i] === bytes[from + i]) i++;
      if (i < length) continue;
      this.#codes.push(code);
      return;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, length)
      .toString('utf8')
      .trim();
    const isNew = !this.#codeOf.has(text);
    this.push(text);
    if (
      isNew &&
      this.#bytes.length === this.words.length - 1 &&
      this.words.length <= MAX_KNOWN &&
      text.length === length
    ) {
      this.#bytes.push(bytes.slice(from, to));
    }
  }

  push(word: string): void {
    let code = this.#codeOf.get(word);
    if (code === undefined) {
      code = this.words.push(word) - 1;
      this.#codeOf.set(word, code);
    }
    this.#codes.push(code);
  }

  pop(): void {
    this.#codes.pop();
  }

  at(row: number): string {
    return this.words[this.#codes.at(row)];
  }

  code(row: number): number {
    return this.#codes.at(row);
  }
}

/** Flags of 0 and 1 that are appended one at a time. */
export class FlagColumn {
  #flags = new Uint8Array(1024);
  length = 0;

  push(flag: boolean): void {
    if (this.length === this.#flags.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.#flags);
      this.#flags = larger;
    }
    this.#flags[this.length++] = flag ? 1 : 0;
  }

  pop(): void {
    this.length--;
  }

  at(row: number): boolean {
    return this.#flags[row] === 1;
  }
}
