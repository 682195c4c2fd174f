/** Remembers on which line of a file every row stands. */

/** The line of every row, where few rows do not follow the row before. */
export class LineNumbers {
  readonly #rows: number[] = [];
  readonly #lines: number[] = [];
  #length = 0;
  #next = -1;

  append(line: number): void {
    if (line !== this.#next) {
      this.#rows.push(this.#length);
      this.#lines.push(line);
    }
    this.#length++;
    this.#next = line + 1;
  }

  of(row: number): number {
    let low = 0;
    let high = this.#rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#rows[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return this.#lines[low] + row - this.#rows[low];
  }
}
