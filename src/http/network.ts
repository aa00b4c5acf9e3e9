import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Stands for a text that is no address, such as the `unknown` of some proxies. */
const UNKNOWN = 'unknown';

/**
 * An address in one spelling: IPv6 in eight groups without a zone, IPv4-mapped IPv6 as IPv4, without the port that
 * some proxies add. Returns `unknown` for any other text.
 */
export function plainAddress(text: string): string {
  return parseAddress(text)?.toNormalizedString() ?? UNKNOWN;
}

/** The network of one household or company: IPv4 /24, IPv6 /48. */
export function networkOf(address: string): string {
  return prefixOf(address, { v4: 24, v6: 48 });
}

/** The network of one host: IPv4 /32, IPv6 /64, because a host picks any address in its /64. */
export function hostNetworkOf(address: string): string {
  return prefixOf(address, { v4: 32, v6: 64 });
}

/** Tells whether an address is one of these or in one of these CIDR ranges. */
export function isWithin(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address, bits] = range.split('/');
    const isV4 = isIP(address) === 4;
    list.addSubnet(address, Number(bits ?? (isV4 ? 32 : 128)), isV4 ? 'ipv4' : 'ipv6');
  }
  return address => list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** The bits are whole bytes (IPv4) or whole groups (IPv6). */
function prefixOf(text: string, bits: { v4: number; v6: number }): string {
  const address = parseAddress(text);
  if (address === undefined) {
    return UNKNOWN;
  }
  if ('octets' in address) {
    return `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits.v4}`)}/${bits.v4}`;
  }
  const groups = address.parts.slice(0, bits.v6 / 16).map(group => group.toString(16));
  return `${groups.join(':')}::/${bits.v6}`;
}

function parseAddress(text: string): Address | undefined {
  const [, bare = text] =
    /^\[([^\]]{2,60})\](?::\d{1,5})?$/.exec(text) ?? /^([\d.]{7,15}):\d{1,5}$/.exec(text) ?? [];
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) {
    return undefined;
  }
  // ipaddr.js takes `::1.2.3.4` for IPv4, but not `0::1.2.3.4`, which is the same address.
  return ipaddr.process(bare.replace(/^::(?=\d+\.)/, '0::').replace(/%.*$/, ''));
}
