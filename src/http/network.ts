import { isIPv6 } from 'node:net';

/**
 * The network that an address stands in, as one customer of a provider commonly holds it: /24 of IPv4, /48 of IPv6.
 * An IPv4 address written as IPv6 counts as IPv4.
 */
export const networkOf = (address: string): string => prefixOf(address, 3, 3);

/** What one host commonly holds: an IPv4 address, or a /64 of IPv6. */
export const hostNetworkOf = (address: string): string => prefixOf(address, 4, 4);

function prefixOf(address: string, octets: number, groups: number): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) {
    return `${plain.split('.').slice(0, octets).join('.')}/${octets * 8}`;
  }
  return `${groupsOf(plain).slice(0, groups).join(':')}::/${groups * 16}`;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head, tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].map(group => group.replace(/^0+(?=.)/, ''));
}
