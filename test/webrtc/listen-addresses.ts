import type { NetworkInterfaceInfo } from 'node:os';
import t from 'tap';
import { listenAddresses } from '../../src/webrtc/listen-addresses.js';

const info = (address: string, internal = false): NetworkInterfaceInfo => address.includes(':')
  ? { family: 'IPv6', address, internal, netmask: 'ffff::', mac: '', cidr: null, scopeid: 0 }
  : { family: 'IPv4', address, internal, netmask: '255.0.0.0', mac: '', cidr: null };
const interfaces = { lo: [info('127.0.0.1', true), info('::1', true)], eth0: [info('192.0.2.7'), info('2001:db8::7'), info('fe80::1')], usb0: [info('169.254.3.4')] };

t.test('players are told of addresses that they can send to', async (t) => {
  const at = (bindAddress: string, announcedAddress = '') => listenAddresses({ bindAddress, announcedAddress }, interfaces);
  t.same(at('0.0.0.0'), [{ ip: '192.0.2.7' }, { ip: '127.0.0.1' }]);
  t.same(at('::'), [{ ip: '192.0.2.7' }, { ip: '2001:db8::7' }, { ip: '127.0.0.1' }, { ip: '::1' }]);
  t.same(at('192.0.2.7'), [{ ip: '192.0.2.7' }]);
  t.same(at('0.0.0.0', 'live.example.org'), [{ ip: '0.0.0.0', announcedAddress: 'live.example.org' }]);
});
