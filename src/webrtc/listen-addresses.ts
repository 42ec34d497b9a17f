import type { NetworkInterfaceInfo } from 'node:os';

export interface ListenAddress {
  ip: string;
  announcedAddress?: string;
}

/** A machine with more networks than this is told which one to announce. */
const MAX_ADDRESSES = 8;
const ANY = new Set(['0.0.0.0', '::']);

/**
 * Where media is received, and what players are told of it. Bound to any address without an announced one, the machine
 * announces each address that it has: nobody can send to 0.0.0.0.
 */
export function listenAddresses(options: { bindAddress: string; announcedAddress: string }, interfaces: Partial<Record<string, NetworkInterfaceInfo[]>>): ListenAddress[] {
  const { bindAddress, announcedAddress } = options;
  if (announcedAddress !== '') return [{ ip: bindAddress, announcedAddress }];
  if (!ANY.has(bindAddress)) return [{ ip: bindAddress }];
  const usable = Object.values(interfaces).flatMap((infos) => infos ?? []).filter((info) => (bindAddress === '::' || info.family === 'IPv4') && !isLinkLocal(info));
  // Those that others can reach first: the order is the priority of the candidates.
  return usable.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_ADDRESSES).map(({ address }) => ({ ip: address }));
}

function rank({ internal, family }: NetworkInterfaceInfo): number {
  return (internal ? 2 : 0) + (family === 'IPv4' ? 0 : 1);
}

/** Only of use with the name of an interface behind it. */
function isLinkLocal({ family, address }: NetworkInterfaceInfo): boolean {
  return family === 'IPv6' ? /^fe[89ab]/i.test(address) : address.startsWith('169.254.');
}
