import type { types } from 'mediasoup';
import { AppError } from '../../platform/index.js';
import { IceFragmentInvalid } from '../errors.js';
import type { Answer } from './answer.js';
import { readDescription } from './description.js';
import { checkIce } from './offer.js';
import type { IceCredentials } from './offer.js';

/** What a client tells of its ICE agent after the offer (RFC 8840 §4.4). Its candidates are not kept: they come to an ICE-lite server by themselves. */
export interface IceFragment {
  /** Undefined when the fragment names none: then it is about the ICE session that runs. */
  ice: IceCredentials | undefined;
}

/** A client has a handful for each of its addresses. */
const MAX_CANDIDATES = 128;

/** @throws {IceFragmentInvalid} */
export function parseIceFragment(sdp: string): IceFragment {
  try {
    return readFragment(sdp);
  } catch (error) {
    throw error instanceof AppError ? new IceFragmentInvalid(error.message) : error;
  }
}

function readFragment(sdp: string): IceFragment {
  const fragment = readDescription(sdp);
  const parts = [fragment, ...fragment.media];
  const malformed = parts.flatMap(({ invalid }) => invalid).find(({ value }) => value.startsWith('candidate:'));
  if (malformed) throw new IceFragmentInvalid('a candidate breaks the grammar of RFC 8839 §5.1');
  const candidateCount = parts.reduce((sum, { candidates }) => sum + candidates.length, 0);
  if (candidateCount > MAX_CANDIDATES) throw new IceFragmentInvalid(`${candidateCount} candidates are more than the ${MAX_CANDIDATES} that are read`);
  const named = parts.find(({ iceUfrag, icePwd }) => iceUfrag !== undefined || icePwd !== undefined);
  if (named === undefined && !/^a=(?:candidate:|end-of-candidates)/m.test(sdp)) throw new IceFragmentInvalid('the fragment has neither ICE credentials nor candidates');
  return { ice: named && checkIce(named.iceUfrag, named.icePwd) };
}

export interface IceFragmentOptions {
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
  carrier: Answer['carrier'];
}

/** Our end after an ICE restart: the same candidates under new credentials (RFC 9725 §4.3.3). */
export function writeIceFragment({ iceParameters, iceCandidates, carrier }: IceFragmentOptions): string {
  const lines = [
    'a=ice-lite',
    'a=ice-options:trickle',
    ...(carrier.bundle.length > 0 ? [`a=group:BUNDLE ${carrier.bundle.join(' ')}`] : []),
    carrier.line,
    ...(carrier.mid === undefined ? [] : [`a=mid:${carrier.mid}`]),
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    ...iceCandidates.map(candidateLine),
    'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function candidateLine({ foundation, protocol, priority, address, port, type, tcpType }: types.IceCandidate): string {
  return `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${tcpType ? ` tcptype ${tcpType}` : ''}`;
}
