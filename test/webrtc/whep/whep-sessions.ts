import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { WhepSessions } from '../../../src/webrtc/whep/whep-sessions.js';
import { chromiumOffer } from '../../support/sdp-offers.js';
import { until } from '../../support/until.js';
import { streamsFor, TestSeat } from '../../support/whep-seat.js';
import { serveWhep, TestAudience } from '../../support/whep-site.js';

const CLIENT = { ip: '192.0.2.1', userAgent: 'player' };

/** Hands out this seat only. */
const audienceOf = (makeSeat: (...args: ConstructorParameters<typeof TestSeat>) => TestSeat) => {
  const audience = new TestAudience();
  audience.admit = async (_slug, { rtpCapabilities, kinds }) => {
    const seat = makeSeat(streamsFor(rtpCapabilities, kinds));
    audience.seats.push(seat);
    return seat;
  };
  return audience;
};

t.test('a seat that cannot be connected is given back', async (t) => {
  class BrokenSeat extends TestSeat {
    override async connect(): Promise<void> {
      throw new Error('the worker died');
    }
  }
  const audience = audienceOf((streams) => new BrokenSeat(streams));
  await t.rejects(new WhepSessions(audience).open('ada', chromiumOffer, CLIENT), { message: 'the worker died' });
  t.equal(audience.openSeats, 0);
});

t.test('a stream that stops while the session is made leaves none', async (t) => {
  class EndingSeat extends TestSeat {
    override async connect(): Promise<void> {
      this.close('the stream is over');
    }
  }
  const sessions = new WhepSessions(audienceOf((streams) => new EndingSeat(streams)));
  await t.rejects(sessions.open('ada', chromiumOffer, CLIENT), { code: 'webrtc_unavailable', status: 503, detail: { retryAfterSec: 1 } });
});

t.test('a restart that fails leaves the ICE session as it was', async (t) => {
  class StubbornSeat extends TestSeat {
    override async restartIce(): Promise<never> {
      throw new Error('the worker is busy');
    }
  }
  const sessions = new WhepSessions(audienceOf((streams) => new StubbornSeat(streams)));
  const { session } = await sessions.open('ada', chromiumOffer, CLIENT);
  const { etag } = session;
  const restart = 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n';
  await t.rejects(session.patch(restart, '*'), { message: 'the worker is busy' });
  t.equal(session.etag, etag);
  t.equal(await session.patch('a=end-of-candidates\r\n', etag), undefined, 'the next patch is taken');
});

t.test('who hangs up before the answer leaves no session', async (t) => {
  const { audience, port, origin } = await serveWhep(t);
  const moments = new EventEmitter();
  const asked = once(moments, 'asked');
  const admit = audience.admit.bind(audience);
  audience.admit = async (slug, wish) => {
    moments.emit('asked');
    await once(moments, 'hungUp');
    return admit(slug, wish);
  };
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`POST /whep/ada HTTP/1.1\r\nHost: a\r\nContent-Type: application/sdp\r\nContent-Length: ${chromiumOffer.length}\r\n\r\n${chromiumOffer}`);
  await asked;
  socket.destroy();
  await once(socket, 'close');
  await fetch(`${origin}/whep/ada`); // by its answer, the server knows of the other connection's end
  moments.emit('hungUp');
  const seat = await until('a seat is taken', () => audience.seats[0]);
  await until('the seat is given back', () => seat.isClosed || undefined);
  t.equal(audience.openSeats, 0);
});
