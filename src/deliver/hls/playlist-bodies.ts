import { gzipSync } from 'node:zlib';
import type { HlsPackage } from '../live.js';

/** A playlist as it goes over the wire. */
export interface PlaylistBody {
  text: string;
  plain: Buffer;
  gzip: Buffer | undefined;
}

/** Below this, the headers of compression cost more than it saves. */
const GZIP_MIN_BYTES = 512;

/** The bytes of playlists, made once for all who ask for the same text. */
export class PlaylistBodies {
  readonly #packages = new WeakMap<HlsPackage, Map<string, PlaylistBody>>();

  /** @param name which playlist of the package it is. */
  get(live: HlsPackage, name: string, text: string, { isGzip }: { isGzip: boolean }): Buffer {
    const bodies = this.#packages.get(live) ?? new Map<string, PlaylistBody>();
    this.#packages.set(live, bodies);
    const kept = bodies.get(name);
    const body = kept?.text === text ? kept : { text, plain: Buffer.from(text), gzip: undefined };
    bodies.set(name, body);
    if (!isGzip || body.plain.length < GZIP_MIN_BYTES) return body.plain;
    return (body.gzip ??= gzipSync(body.plain));
  }
}
