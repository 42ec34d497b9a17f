import { randomBytes } from 'node:crypto';
import { IceSessionOutdated, IceSessionUnnamed, SessionUnknown } from '../errors.js';
import type { Answer } from '../sdp/answer.js';
import { parseIceFragment, writeIceFragment } from '../sdp/ice-fragment.js';
import type { IceCredentials } from '../sdp/offer.js';
import type { Seat } from './audience.js';

/** What an ICE restart is answered with. */
export interface Restarted {
  etag: string;
  fragment: string;
}

export interface WhepSessionOptions {
  slug: string;
  seat: Seat;
  carrier: Answer['carrier'];
  /** The viewer's ICE credentials, as offered. */
  ice: IceCredentials;
}

const ID_BYTES = 24;
const ETAG_BYTES = 12;

/** One viewer's session: its address, which nobody can guess, and its ICE session, which the ETag names. */
export class WhepSession {
  readonly id = randomBytes(ID_BYTES).toString('base64url');
  readonly slug: string;
  readonly #seat: Seat;
  readonly #carrier: Answer['carrier'];
  #ice: IceCredentials;
  #etag = newEtag();
  #isClosed = false;
  /** Patches are taken one after the other: the condition of the next is about the outcome of this one. */
  #lastPatch: Promise<unknown> = Promise.resolve();

  constructor({ slug, seat, carrier, ice }: WhepSessionOptions) {
    this.slug = slug;
    this.#seat = seat;
    this.#carrier = carrier;
    this.#ice = ice;
    seat.on('closed', () => { this.#isClosed = true; });
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
    this.#seat.close();
  }

  async #take(ice: IceCredentials | undefined, ifMatch: string): Promise<Restarted | undefined> {
    if (this.#isClosed) throw new SessionUnknown();
    if (!doesMatch(ifMatch, this.#etag)) throw new IceSessionOutdated();
    if (ice === undefined || (ice.ufrag === this.#ice.ufrag && ice.pwd === this.#ice.pwd)) return undefined;
    const iceParameters = await this.#seat.restartIce();
    this.#ice = ice;
    this.#etag = newEtag();
    return { etag: this.#etag, fragment: writeIceFragment({ iceParameters, iceCandidates: this.#seat.iceCandidates, carrier: this.#carrier }) };
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
