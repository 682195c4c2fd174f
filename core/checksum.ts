/**
 * Keeps a running checksum of numbers, in place of hashing all of them again: tells two histories apart.
 *
 * Source: A. Appleby, MurmurHash3 (2011), the mixing of 32-bit words; two lanes with different seeds.
 * Differences from the source: words are taken in for ever, so there is no finalizer and no length.
 */

export class RunningChecksum {
  /** The two lanes: all of its state. */
  readonly lanes = Uint32Array.of(0x9e3779b9, 0x85ebca6b);
  readonly #double = new Float64Array(1);
  readonly #words = new Uint32Array(this.#double.buffer);

  /** Takes in the bits of a number. */
  add(value: number): void {
    this.#double[0] = value;
    for (let lane = 0; lane < 2; lane++) {
      this.#mix(lane, this.#words[0]);
      this.#mix(lane, this.#words[1]);
    }
  }

  #mix(lane: number, word: number): void {
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    const h = this.lanes[lane] ^ k;
    this.lanes[lane] = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
}
