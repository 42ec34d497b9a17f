import type { Frame, Media } from '../../streams/index.js';

/** A take starts within a second; past this, its frames are dropped. */
const MAX_BYTES = 64 << 20;

/** What arrives while a take is being started, in order and bounded. Configurations are never dropped. */
export class TakeQueue {
  #items: Media[] = [];
  #frames = 0;
  #sizeBytes = 0;
  /** Whether the first frame may be any frame, and not only one that a take can start with. */
  #startsAnywhere = false;

  /** Forgets everything; what comes next goes to another take. */
  clear(options: { startsAnywhere: boolean } = { startsAnywhere: false }): void {
    this.#items = [];
    this.#frames = 0;
    this.#sizeBytes = 0;
    this.#startsAnywhere = options.startsAnywhere;
  }

  /**
   * Keeps a frame, unless it comes before any that the take can start with.
   * @returns how many frames were dropped to keep the bound.
   */
  addFrame(frame: Frame, options: { isStart: boolean }): number {
    const dropped = this.#sizeBytes + frame.payload.length > MAX_BYTES ? this.#dropFrames() : 0;
    if (this.#frames > 0 || options.isStart || this.#startsAnywhere) this.#add({ type: 'frame', frame });
    return dropped;
  }

  addConfig(media: Extract<Media, { type: 'config' }>): void {
    this.#items.push(media);
  }

  /** The frame that the take starts with. */
  get first(): Frame | undefined {
    return this.#items.map(frameOf).find((frame) => frame !== undefined);
  }

  /** Time between the first frame and the last, ms. */
  get spanMs(): number {
    const [first, last] = [this.first, this.#items.map(frameOf).findLast((frame) => frame !== undefined)];
    return first === undefined || last === undefined ? 0 : Math.max(0, last.dtsMs - first.dtsMs);
  }

  /** Gives everything back, in order, and is empty. */
  drain(): Media[] {
    const items = this.#items;
    this.clear();
    return items;
  }

  #add(media: Extract<Media, { type: 'frame' }>): void {
    this.#items.push(media);
    this.#frames++;
    this.#sizeBytes += media.frame.payload.length;
  }

  #dropFrames(): number {
    const dropped = this.#frames;
    this.#items = this.#items.filter(({ type }) => type === 'config');
    this.#frames = 0;
    this.#sizeBytes = 0;
    this.#startsAnywhere = false;
    return dropped;
  }
}

function frameOf(media: Media): Frame | undefined {
  return media.type === 'frame' ? media.frame : undefined;
}
