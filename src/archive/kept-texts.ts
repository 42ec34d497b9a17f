/** Texts that were asked for lately, each as long as what it was made of is the same. */
export class KeptTexts {
  readonly #kept = new Map<string, { version: string; text: string }>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  find(id: string, version: string): string | undefined {
    const known = this.#kept.get(id);
    return known?.version === version ? known.text : undefined;
  }

  /** In place of the one that was kept first, when there are too many. */
  keep(id: string, version: string, text: string): string {
    const [oldest = ''] = this.#kept.keys();
    if (!this.#kept.has(id) && this.#kept.size >= this.#max) this.#kept.delete(oldest);
    this.#kept.set(id, { version, text });
    return text;
  }
}
