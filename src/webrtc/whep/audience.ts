import type { types } from 'mediasoup';
import type { AnsweringTransport, SentStream } from '../sdp/answer.js';

/** Who lets viewers in. */
export interface Audience {
  /**
   * Opens a transport for one viewer of a channel, with what it can take of picture and sound.
   * @throws {NotLive} {@link NoRealTime} {@link CodecsRefused} {@link TooManyViewers} {@link TooManyKindsOfPlayers} {@link WebRtcUnavailable}, and whatever says that the channel is unknown.
   */
  admit(slug: string, wish: ViewerWish): Promise<Seat>;
}

export interface ViewerWish {
  rtpCapabilities: types.RtpCapabilities;
  /** What the offer has room for; codecs of the other kind are not in the capabilities. */
  kinds: types.MediaKind[];
  /** By which the viewer is counted. */
  client: { ip: string | undefined; userAgent: string | undefined };
}

/** One viewer's transport and what it will carry. */
export interface Seat extends AnsweringTransport {
  /** At most one of each kind. Payload types are those of the viewer's capabilities. */
  readonly consumers: SentStream[];
  /** Takes the viewer's certificate and DTLS role; media follows once it has connected. */
  connect(dtlsParameters: types.DtlsParameters): Promise<void>;
  restartIce(): Promise<types.IceParameters>;
  close(): void;
  /** It is over, for whatever reason; comes once. */
  on(event: 'closed', listener: (reason: string) => void): unknown;
}
