import { randomBytes } from 'node:crypto';
import type { types } from 'mediasoup';
import { IceSessionOutdated, IceSessionUnnamed, SessionUnknown } from '../errors.js';
import type { Answer } from '../sdp/answer.js';
import { parseIceFragment, writeIceFragment } from '../sdp/ice-fragment.js';
import type { IceCredentials } from '../sdp/offer.js';

/** The transport of a session, as far as its requests go. */
export interface SessionTransport {
  readonly iceCandidates: types.IceCandidate[];
  restartIce(): Promise<types.IceParameters>;
  /** It is over, for whatever reason; comes once. */
  on(event: 'closed', listener: () => void): unknown;
}

/** What an ICE restart is answered with. */
export interface Restarted {
  etag: string;
  fragment: string;
}

export interface SessionOptions {
  transport: SessionTransport;
  carrier: Answer['carrier'];
  /** The client's ICE credentials, as offered. */
  ice: IceCredentials;
  /** The client ends it. */
  onClose: () => void;
}

const ID_BYTES = 24;
const ETAG_BYTES = 12;

/** One client's session by WHIP or WHEP: its address, which nobody can guess, and its ICE session, which the ETag names. */
export class Session {
  readonly id = randomBytes(ID_BYTES).toString('base64url');
  readonly #transport: SessionTransport;
  readonly #carrier: Answer['carrier'];
  readonly #onClose: () => void;
  #ice: IceCredentials;
  #etag = newEtag();
  #isClosed = false;
  /** Patches are taken one after the other: the condition of the next is about the outcome of this one. */
  #lastPatch: Promise<unknown> = Promise.resolve();

  constructor({ transport, carrier, ice, onClose }: SessionOptions) {
    this.#transport = transport;
    this.#carrier = carrier;
    this.#ice = ice;
    this.#onClose = onClose;
    transport.on('closed', () => { this.#isClosed = true; });
  }

  /** Strong entity tag of the ICE session (RFC 9725 §4.3.1). */
  get etag(): string {
    return this.#etag;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Takes a fragment: new candidates, or new credentials, which restart ICE.
   * @param ifMatch the header of that name.
   * @returns undefined when nothing changed on our end.
   * @throws {IceFragmentInvalid} {@link IceSessionUnnamed} {@link IceSessionOutdated} {@link SessionUnknown}
   */
  patch(sdp: string, ifMatch: string | undefined): Promise<Restarted | undefined> {
    const { ice } = parseIceFragment(sdp);
    if (ifMatch === undefined) throw new IceSessionUnnamed();
    const patched = this.#lastPatch.then(() => this.#take(ice, ifMatch));
    this.#lastPatch = patched.catch(() => undefined);
    return patched;
  }

  close(): void {
    this.#onClose();
  }

  async #take(ice: IceCredentials | undefined, ifMatch: string): Promise<Restarted | undefined> {
    if (this.#isClosed) throw new SessionUnknown();
    if (!doesMatch(ifMatch, this.#etag)) throw new IceSessionOutdated();
    if (ice === undefined || (ice.ufrag === this.#ice.ufrag && ice.pwd === this.#ice.pwd)) return undefined;
    const iceParameters = await this.#transport.restartIce();
    this.#ice = ice;
    this.#etag = newEtag();
    return { etag: this.#etag, fragment: writeIceFragment({ iceParameters, iceCandidates: this.#transport.iceCandidates, carrier: this.#carrier }) };
  }
}

function newEtag(): string {
  return `"${randomBytes(ETAG_BYTES).toString('base64url')}"`;
}

/** RFC 9110 §13.1.1. `"*"` is not `*`, but the examples of the draft say so, and clients follow them. */
function doesMatch(ifMatch: string, etag: string): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag === etag || tag === '*' || tag === '"*"');
}
