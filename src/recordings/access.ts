import { createHmac, timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import type { Request } from 'express';
import { readOrMakeSecret } from '../platform/index.js';
import type { Component } from '../platform/index.js';
import { RecordingNotYours, RecordingRunning, RecordingUnknown } from './errors.js';
import type { Recording } from './queries.js';

/** Who asks, as far as this room cares. */
export interface RecordingCaller {
  id: string;
  role: 'admin' | 'user';
}

/** Who makes a request; both throw when a token is sent and is not good. */
export interface RecordingCallers {
  caller(request: Request): Promise<RecordingCaller>;
  /** Undefined for a visitor. */
  findCaller(request: Request): Promise<RecordingCaller | undefined>;
}

/** Longer than most shows: a player asks for another rendition in the middle, a download goes on after a break. */
const LINK_LIFE_SEC = 6 * 3600;

export interface RecordingAccessOptions {
  callers: RecordingCallers;
  /** Keeps `recordings-secret`, which signs addresses of private recordings. */
  dataDir: string;
  now?: () => Date;
}

/** Who may see and change which recording. */
export class RecordingAccess implements Component {
  readonly #callers: RecordingCallers;
  readonly #dataDir: string;
  readonly #now: () => Date;
  #secret: string | undefined;

  constructor(options: RecordingAccessOptions) {
    this.#callers = options.callers;
    this.#dataDir = options.dataDir;
    this.#now = options.now ?? (() => new Date());
  }

  async start(): Promise<void> {
    this.#secret = await readOrMakeSecret(path.join(this.#dataDir, 'recordings-secret'));
  }

  async stop(): Promise<void> {}

  /** @throws {RecordingUnknown} for a private one of somebody else. @throws {RecordingRunning} */
  async checkReadable(recording: Recording, request: Request): Promise<void> {
    if (!(await this.#canRead(recording, request))) throw new RecordingUnknown();
    if (recording.state === 'recording') throw new RecordingRunning(recording.channel.slug);
  }

  /** @throws like `checkReadable`. @throws {RecordingNotYours} */
  async checkManaged(recording: Recording, request: Request): Promise<void> {
    const caller = await this.#callers.caller(request);
    await this.checkReadable(recording, request);
    if (!canManage(recording, caller)) throw new RecordingNotYours();
  }

  async canManage(channel: { ownerId: string }, request: Request): Promise<boolean> {
    return canManage(channel, await this.#callers.findCaller(request));
  }

  /** What addresses of a private recording need, for players that send no headers: `access=…`. */
  queryOf({ id, visibility }: Recording): string | undefined {
    if (visibility !== 'private') return undefined;
    const expiresSec = Math.floor(this.#now().getTime() / 1000) + LINK_LIFE_SEC;
    return `access=${expiresSec}.${this.#signatureOf(id, expiresSec)}`;
  }

  async #canRead(recording: Recording, request: Request): Promise<boolean> {
    if (recording.visibility !== 'private' || this.#isSigned(recording.id, request.query['access'])) return true;
    return canManage(recording, await this.#callers.findCaller(request));
  }

  #isSigned(id: string, access: unknown): boolean {
    const [, expires, signature] = (typeof access === 'string' && /^(\d{1,12})\.([\w-]{43})$/.exec(access)) || [];
    if (expires === undefined || signature === undefined || Number(expires) * 1000 < this.#now().getTime()) return false;
    return timingSafeEqual(Buffer.from(signature), Buffer.from(this.#signatureOf(id, Number(expires))));
  }

  #signatureOf(id: string, expiresSec: number): string {
    if (this.#secret === undefined) throw new Error('addresses are signed before the secret is read');
    return createHmac('sha256', this.#secret).update(`recording ${id} ${expiresSec}`).digest('base64url');
  }
}

function canManage({ ownerId }: { ownerId: string }, caller: RecordingCaller | undefined): boolean {
  return caller !== undefined && (caller.id === ownerId || caller.role === 'admin');
}
