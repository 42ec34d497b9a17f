import type { Component, Log } from '../../platform/index.js';
import { AppError } from '../../platform/index.js';
import type { CloseReason, Publication } from '../../streams/index.js';
import { SessionUnknown, TooManyWrongKeys, WebRtcUnavailable } from '../errors.js';
import { Session } from '../http/session.js';
import { planPublisher } from '../receive/publisher-plan.js';
import type { PublisherPlan } from '../receive/publisher-plan.js';
import { newOriginId, writePublisherAnswer } from '../sdp/answer.js';
import type { Answer } from '../sdp/answer.js';
import { parseOffer } from '../sdp/offer.js';
import type { Offer } from '../sdp/offer.js';
import type { PublishingClient, PublishTarget, ReceivingTransport, Receiver, StreamKeys, WrongKeys } from './publishing.js';

export interface WhipSessionsOptions {
  streamKeys: StreamKeys;
  wrongKeys: WrongKeys;
  broadcasts: PublishTarget;
  receiver: Receiver;
  log: Log;
}

const ENDED_BY_CLIENT: CloseReason = { code: 'unpublished', message: 'the encoder stopped' };
const NOT_MADE: CloseReason = { code: 'connection-lost', message: 'the session could not be made' };
const STOPPING: CloseReason = { code: 'shutdown', message: 'the server is stopping' };

/** A client that closes its connection and says goodbye at once may be heard in either order. */
const GOODBYE_WITHIN_MS = 30_000;
const LOST_SESSIONS_KEPT = 1_000;

/** The publishers by WHIP: each is a publication, and neither it nor its transport outlives the other. */
export class WhipSessions implements Component {
  readonly #options: WhipSessionsOptions;
  readonly #sessions = new Map<string, { session: Session; publication: Publication }>();
  /** Lost a moment ago: all that is left to do with them is to end them. */
  readonly #lost = new Map<string, Session>();
  #isStopping = false;

  constructor(options: WhipSessionsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#isStopping = false;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { publication } of [...this.#sessions.values()]) publication.close(STOPPING);
  }

  /**
   * Answers an offer.
   * @throws {TooManyWrongKeys} {@link OfferInvalid} {@link OfferRefused} {@link WebRtcUnavailable}, and what the keys and the broadcasts refuse.
   */
  async open(key: string, sdp: string, client: PublishingClient): Promise<{ session: Session; answer: string }> {
    const { streamKeyId, channel } = await this.#resolve(key, client.address);
    const offer = parseOffer(sdp);
    const plan = planPublisher(offer);
    this.#refuseWhenStopping();
    const transport = await this.#options.receiver.receive(plan);
    let publication: Publication | undefined;
    try {
      const answer = writePublisherAnswer({ offer, tracks: plan.tracks, transport, originId: newOriginId() });
      publication = await this.#options.broadcasts.publish({ channel, streamKeyId, protocol: 'whip', remoteAddress: client.address, encoder: client.userAgent });
      const session = this.#join(transport, publication, { offer, answer });
      await this.#connect(transport, publication, offer);
      this.#logStart(publication, plan);
      return { session, answer: answer.sdp };
    } catch (error) {
      transport.close(NOT_MADE);
      publication?.close(NOT_MADE);
      throw error;
    }
  }

  /** @throws {SessionUnknown} */
  get(id: string): Session {
    const found = this.#sessions.get(id);
    if (found === undefined) throw new SessionUnknown();
    return found.session;
  }

  /**
   * Ends a session as its client wishes, and the broadcast with it.
   * @throws {SessionUnknown}
   */
  end(id: string): void {
    const session = this.#sessions.get(id)?.session ?? this.#lost.get(id);
    if (session === undefined) throw new SessionUnknown();
    this.#lost.delete(id);
    session.close();
  }

  async #resolve(key: string, address: string): ReturnType<StreamKeys['resolve']> {
    const { streamKeys, wrongKeys } = this.#options;
    if (await wrongKeys.isBlocked(address)) throw new TooManyWrongKeys();
    try {
      return await streamKeys.resolve(key);
    } catch (error) {
      if (error instanceof AppError && error.code === 'stream_key_rejected') await wrongKeys.count(address);
      throw error;
    }
  }

  #join(transport: ReceivingTransport, publication: Publication, { offer, answer }: { offer: Offer; answer: Answer }): Session {
    const session = new Session({
      transport: { iceCandidates: transport.iceCandidates, restartIce: () => transport.restartIce(), on: (event, listener) => transport.on(event, listener) },
      carrier: answer.carrier,
      ice: offer.ice,
      onClose: () => this.#options.broadcasts.conclude(publication, ENDED_BY_CLIENT),
    });
    this.#sessions.set(session.id, { session, publication });
    transport.feed(publication.id);
    transport.on('media', (media) => publication.push(media));
    transport.on('closed', (reason) => {
      this.#sessions.delete(session.id);
      if (reason.code === 'connection-lost') this.#keepLost(session);
      publication.close(reason);
      this.#options.log.info('publisher gone', { publication: publication.id, channel: publication.channel.slug, reason: reason.message });
    });
    publication.once('closed', (reason) => transport.close(reason));
    return session;
  }

  #keepLost(session: Session): void {
    this.#lost.set(session.id, session);
    setTimeout(() => this.#lost.delete(session.id), GOODBYE_WITHIN_MS).unref();
    if (this.#lost.size > LOST_SESSIONS_KEPT) this.#lost.delete([...this.#lost.keys()][0] ?? '');
  }

  /** While the row was written and the transport made, a newer publisher may have come, or the server may stop. */
  async #connect(transport: ReceivingTransport, publication: Publication, offer: Offer): Promise<void> {
    if (!publication.isClosed) await transport.connect(offer.dtlsParameters);
    this.#refuseWhenStopping();
    if (publication.isClosed) throw new WebRtcUnavailable('the publication was ended while it was made: try again', { retryAfterSec: 1 });
  }

  #refuseWhenStopping(): void {
    if (this.#isStopping) throw new WebRtcUnavailable('the server is stopping', { retryAfterSec: 5 });
  }

  #logStart({ id, channel, remoteAddress, encoder }: Publication, { tracks }: PublisherPlan): void {
    const codecs = tracks.map(({ rtpParameters }) => rtpParameters.codecs[0]?.mimeType).join(' ');
    this.#options.log.info('publishing', { publication: id, channel: channel.slug, address: remoteAddress, encoder, codecs });
  }
}
