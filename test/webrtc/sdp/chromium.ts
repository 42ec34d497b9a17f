import t from 'tap';
import { writeAnswer } from '../../../src/webrtc/sdp/answer.js';
import { parseOffer } from '../../../src/webrtc/sdp/offer.js';
import { findSeats, rtpCapabilitiesOf } from '../../../src/webrtc/sdp/viewer-wish.js';
import { noChromium, openChromium } from '../../support/chromium.js';
import { withoutVideoCodec } from '../../support/sdp-offers.js';
import { ownTransport, streamsFor } from '../../support/whep-seat.js';

type Kind = 'video' | 'audio';

function answer(sdp: string, streamKinds: Kind[]): string {
  const offer = parseOffer(sdp);
  const seats = findSeats(offer);
  const kinds = streamKinds.filter((kind) => seats[kind] !== undefined);
  return writeAnswer({ offer, seats, transport: ownTransport, streams: streamsFor(rtpCapabilitiesOf(seats), kinds), originId: '1' }).sdp;
}

t.test('Chromium takes the answers to its offers', { skip: noChromium, timeout: 60_000 }, async (t) => {
  const page = await (await openChromium(t)).newPage();
  /** Offers these, applies the answer and tells what each transceiver does then. */
  const negotiate = async (options: { offered: (Kind | 'data')[]; streamKinds?: Kind[]; change?: (offer: string) => string }): Promise<string[]> => {
    const offer = await page.evaluate(async (offered) => {
      const connection = new RTCPeerConnection();
      for (const kind of offered) {
        if (kind === 'data') connection.createDataChannel('chat');
        else connection.addTransceiver(kind, { direction: 'recvonly' });
      }
      Object.assign(globalThis, { connection });
      await connection.setLocalDescription();
      return connection.localDescription?.sdp ?? '';
    }, options.offered);
    const sdp = answer((options.change ?? String)(offer), options.streamKinds ?? ['video', 'audio']);
    return page.evaluate(async (text) => {
      const connection: unknown = Reflect.get(globalThis, 'connection');
      if (!(connection instanceof RTCPeerConnection)) throw new Error('there is no connection');
      await connection.setRemoteDescription({ type: 'answer', sdp: text });
      const directions = connection.getTransceivers().map(({ receiver, currentDirection }) => `${receiver.track.kind} ${currentDirection}`);
      connection.close();
      return directions;
    }, sdp);
  };

  t.same(await negotiate({ offered: ['video', 'audio'] }), ['video recvonly', 'audio recvonly']);
  t.same(await negotiate({ offered: ['audio', 'video'] }), ['audio recvonly', 'video recvonly']);
  t.same(await negotiate({ offered: ['audio', 'video'], streamKinds: ['video'] }), ['audio inactive', 'video recvonly'], 'a stream without sound');
  t.same(await negotiate({ offered: ['video', 'audio'], streamKinds: ['video'] }), ['video recvonly'], 'sound is rejected behind the picture');
  t.same(await negotiate({ offered: ['data', 'video', 'audio'] }), ['video recvonly', 'audio recvonly'], 'a data channel is left out');
  t.same(await negotiate({ offered: ['video', 'audio'], change: (offer) => withoutVideoCodec(offer, /^H264$/) }), ['video inactive', 'audio recvonly'], 'no H.264');
  t.same(await negotiate({ offered: ['video'] }), ['video recvonly']);
});
