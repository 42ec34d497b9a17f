import { readProblem } from '../../api/problem.js';
import { send } from '../../api/session.js';
import { iceServersOf, type IceServer } from './ice-servers.js';

/** What the server answers to an offer (WHEP, draft-ietf-wish-whep; WHIP, RFC 9725, is the same the other way round). */
export interface WhepAnswer {
  sdp: string;
  /** Ends the session by DELETE; undefined when the server named none. */
  sessionUrl: string | undefined;
  iceServers: IceServer[];
}

/** Asks to receive a stream, or with a stream key to publish one. Throws a Problem when the server refuses or does not reply. */
export async function offerTo(url: string, sdp: string, signal: AbortSignal, key?: string): Promise<WhepAnswer> {
  const response = await send(url, { method: 'POST', headers: { 'content-type': 'application/sdp', ...authorization(key) }, body: sdp, signal });
  if (!response.ok) throw await readProblem(response);
  const location = response.headers.get('location');
  return {
    sdp: await response.text(),
    sessionUrl: location === null ? undefined : new URL(location, response.url).href,
    iceServers: iceServersOf(response.headers.get('link')),
  };
}

/** Tells the server that this end leaves; it is sent even while the page goes away. Never fails. */
export async function endSession(url: string, key?: string): Promise<void> {
  // One that is lost is noticed by the server, a little later.
  await fetch(url, { method: 'DELETE', headers: authorization(key), keepalive: true }).catch(() => undefined);
}

function authorization(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

/** The offer, with the wish for stereo: a browser decodes Opus to one channel unless it has asked for two (RFC 7587 §7). */
export function inStereo(sdp: string): string {
  const payloadType = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  return payloadType === undefined ? sdp : sdp.replace(new RegExp(`^(a=fmtp:${payloadType} (?!.*\\bstereo=)[^\\r\\n]*)`, 'm'), '$1;stereo=1');
}
