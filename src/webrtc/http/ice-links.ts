/** A STUN or TURN server, as RTCPeerConnection takes it. */
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

/** `Link` headers that name STUN and TURN servers (RFC 9725 §4.6). */
export function iceLinks(servers: IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) => urls.map((url) => {
    const secrets = username === undefined || credential === undefined ? [] : [
      `username="${quoted(username)}"`,
      `credential="${quoted(credential)}"`,
      'credential-type="password"',
    ];
    return [`<${url}>`, 'rel="ice-server"', ...secrets].join('; ');
  }));
}

/** RFC 9110 §5.6.4. */
function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}
