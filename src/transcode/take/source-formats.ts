import type { AudioConfig, VideoConfig } from '../../streams/index.js';

type Config = VideoConfig | AudioConfig;

/** The formats of a source as its frames arrive, and which of them are newer than the running take. */
export class SourceFormats {
  readonly #configs = new Map<Config['kind'], Config>();
  readonly #withheld = new Set<Config['kind']>();

  /** Forgets the source. */
  clear(): void {
    this.#configs.clear();
    this.#withheld.clear();
  }

  /** Takes a configuration; false when it only repeats the one before, as encoders do. */
  update(config: Config): boolean {
    const old = this.#configs.get(config.kind);
    this.#configs.set(config.kind, config);
    return old?.codec !== config.codec || !old.description.equals(config.description);
  }

  /** Frames of this kind wait for the take that has their format: under the old one they would be noise. */
  withhold(kind: Config['kind']): void {
    this.#withheld.add(kind);
  }

  /** A take with the newest formats begins. */
  releaseAll(): void {
    this.#withheld.clear();
  }

  isWithheld(kind: Config['kind']): boolean {
    return this.#withheld.has(kind);
  }

  get all(): Config[] {
    return [...this.#configs.values()];
  }

  get video(): VideoConfig | undefined {
    const config = this.#configs.get('video');
    return config?.kind === 'video' ? config : undefined;
  }

  get audio(): AudioConfig | undefined {
    const config = this.#configs.get('audio');
    return config?.kind === 'audio' ? config : undefined;
  }
}
