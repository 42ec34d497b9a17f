/** The numbers that the server writes these extensions under: it learns by two what the network carries, and says by one how little to wait. */
const SERVERS_NUMBERS = {
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time': '4',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01': '5',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay': '14',
};

/** The offer with these extensions under the server's numbers; what had them before gets the others' (RFC 8285 §5). */
export function withServersNumbers(sdp: string): string {
  return Object.entries(SERVERS_NUMBERS).reduce((offer, [uri, wanted]) => {
    const line = offer.split(/\r?\n/).find((one) => one.startsWith('a=extmap:') && one.split(' ')[1] === uri);
    const given = line && /\d+/.exec(line)?.[0];
    return given === undefined ? offer : swapped(offer, given, wanted);
  }, sdp);
}

function swapped(sdp: string, one: string, other: string): string {
  const others = new Map([[one, other], [other, one]]);
  return sdp.replaceAll(/^a=extmap:(\d+)/gm, (_line, id: string) => `a=extmap:${others.get(id) ?? id}`);
}
