import { BlockList, isIP } from 'node:net';

/** Not of the public Internet (RFC 6890 and the IANA special-purpose registry). */
const SPECIAL_IPV4: [string, number][] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], // private
  ['100.64.0.0', 10], // shared behind a carrier's NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, with the metadata of clouds
  ['192.0.0.0', 24], ['192.88.99.0', 24], // protocols; relays of 6to4
  ['192.0.2.0', 24], ['198.51.100.0', 24], ['203.0.113.0', 24], // documentation
  ['198.18.0.0', 15], // benchmarks
  ['224.0.0.0', 4], ['240.0.0.0', 4], // multicast; reserved and broadcast
];
/** Within 2000::/3. What lies outside of it (mapped IPv4, NAT64, unique local, link-local, multicast) is not public as a whole. */
const SPECIAL_IPV6: [string, number][] = [
  ['2001::', 23], // protocols, with Teredo, which carries an IPv4 address
  ['2001:db8::', 32], ['3fff::', 20], // documentation
  ['2002::', 16], // 6to4, which carries an IPv4 address
];

const specialV4 = blockListOf(SPECIAL_IPV4, 'ipv4');
const specialV6 = blockListOf(SPECIAL_IPV6, 'ipv6');
const globalV6 = blockListOf([['2000::', 3]], 'ipv6');

/** Whether an address is one of the public Internet; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !specialV4.check(address, 'ipv4');
  return family === 6 && globalV6.check(address, 'ipv6') && !specialV6.check(address, 'ipv6');
}

function blockListOf(ranges: [string, number][], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, bits] of ranges) list.addSubnet(network, bits, family);
  return list;
}
