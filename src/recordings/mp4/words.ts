const FIRST_WORDS = 256;

/** A table of 32-bit numbers as a file has them, which grows. */
export class Words {
  #bytes = Buffer.allocUnsafe(FIRST_WORDS * 4);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Numbers from -2³¹ up to 2³² - 1. */
  push(value: number): void {
    if (this.#length * 4 === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    this.set(this.#length++, value);
  }

  set(index: number, value: number): void {
    if (value < 0) this.#bytes.writeInt32BE(value, index * 4);
    else this.#bytes.writeUInt32BE(value, index * 4);
  }

  /** The table so far; not a copy. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length * 4);
  }
}

/** A table of pairs: how many times in a row, which number (ISO/IEC 14496-12 §8.6.1). */
export class Runs {
  readonly #words = new Words();
  #value: number | undefined;
  #count = 0;

  get length(): number {
    return this.#words.length / 2;
  }

  push(value: number): void {
    if (value === this.#value) {
      this.#words.set(this.#words.length - 2, ++this.#count);
      return;
    }
    [this.#value, this.#count] = [value, 1];
    this.#words.push(1);
    this.#words.push(value);
  }

  /** Whether every number is this one. */
  isAll(value: number): boolean {
    return this.length === 0 || (this.length === 1 && this.#value === value);
  }

  bytes(): Buffer {
    return this.#words.bytes();
  }
}
