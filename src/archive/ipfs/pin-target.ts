/** What recordings are pinned on: a node of one's own, or a service of others. */
export type PinKind = 'kubo' | 'pinning-service';

/** The folder of a recording, as a target is asked for it. */
export interface PinnedFolder {
  /** CIDv1. */
  cid: string;
  /** For people who look at what is pinned. */
  name: string;
  /** What the target called it the last time. */
  requestId: string | undefined;
  /** All blocks of it as a CAR file; read one by one while they are sent. */
  car(): AsyncIterable<Uint8Array>;
}

/** What a target says of a folder. */
export interface PinReport {
  state: 'pinning' | 'pinned';
  requestId?: string | undefined;
}

export interface PinTarget {
  /** Its address, without secrets. */
  readonly name: string;
  readonly kind: PinKind;
  /** @throws when it does not answer as it should */
  check(signal: AbortSignal): Promise<void>;
  /** What has become of a folder; undefined when the target does not have it. */
  look(folder: PinnedFolder, signal: AbortSignal): Promise<PinReport | undefined>;
  /** Gives a folder to it. Asked again after a crash: the same folder twice is one. */
  pin(folder: PinnedFolder, signal: AbortSignal): Promise<PinReport>;
  /** What is not there needs no removal. */
  unpin(folder: PinnedFolder, signal: AbortSignal): Promise<void>;
}
