/** What `RTCPeerConnection` is told of a STUN or TURN server. */
export interface IceServer {
  urls: string;
  username?: string;
  credential?: string;
}

/** One link: its target, then its parameters, each a token or a quoted text (RFC 8288 §3). */
const LINK = /<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)/g;
const PARAMETER = /;\s*([^\s=;,]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/g;

/** The servers that `Link` fields with `rel="ice-server"` name (RFC 9725 §4.6); other links are passed over. */
export function iceServersOf(linkHeader: string | null): IceServer[] {
  return [...(linkHeader ?? '').matchAll(LINK)].flatMap(([, target = '', parameters = '']) => {
    const named = parametersOf(parameters);
    const isServer = named.get('rel')?.split(/\s+/).includes('ice-server') === true && /^(?:stun|turn)s?:/i.test(target);
    return isServer ? [serverOf(target, named)] : [];
  });
}

function serverOf(urls: string, parameters: Map<string, string>): IceServer {
  const username = parameters.get('username');
  const credential = parameters.get('credential');
  return { urls, ...(username === undefined ? {} : { username }), ...(credential === undefined ? {} : { credential }) };
}

function parametersOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(PARAMETER)].map(([, name = '', quoted, token]) => [name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? '']));
}
