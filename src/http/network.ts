import { isIPv4, isIPv6 } from 'node:net';

/** What stands for an address that is none, such as the `unknown` of some proxies. */
const UNKNOWN = 'unknown';

/**
 * An address in one spelling: IPv6 in full groups without a zone, IPv4 in IPv6 (`::ffff:…`) as IPv4, the port that
 * some proxies write behind it taken off; `unknown` for any other text.
 */
export function plainAddress(text: string): string {
  const parsed = parseAddress(text);
  if (parsed === undefined) {
    return UNKNOWN;
  }
  return typeof parsed === 'string' ? parsed : hex(parsed);
}

/** The network that one party is likely to hold alone or to share with few: IPv4 /24, IPv6 /48. */
export function networkOf(address: string): string {
  return prefixOf(address, { v4: 24, v6: 48 });
}

/** The smallest network that one host has for itself: IPv4 /32, IPv6 /64, in which it may take any address. */
export function hostNetworkOf(address: string): string {
  return prefixOf(address, { v4: 32, v6: 64 });
}

/** The bits are whole bytes (IPv4) or groups (IPv6). */
function prefixOf(address: string, bits: { v4: number; v6: number }): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) {
    return UNKNOWN;
  }
  if (typeof parsed === 'string') {
    const bytes = parsed.split('.').map((byte, index) => (index < bits.v4 / 8 ? byte : '0'));
    return `${bytes.join('.')}/${bits.v4}`;
  }
  return `${hex(parsed.slice(0, bits.v6 / 16))}::/${bits.v6}`;
}

/** An IPv4 address as its text, an IPv6 address as its eight groups. */
function parseAddress(text: string): string | readonly number[] | undefined {
  const [, bare] = /^\[([^\]]{2,60})\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, v4] = /^([\d.]{7,15})(?::\d{1,5})?$/.exec(text) ?? [];
  if (v4 !== undefined && isIPv4(v4)) {
    return v4;
  }
  const v6 = bare ?? text;
  if (!isIPv6(v6)) {
    return undefined;
  }
  const groups = groupsOf(v6.replace(/%.*$/, ''));
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every(group => group === 0);
  return isMapped ? dotted(groups[6], groups[7]) : groups;
}

function groupsOf(address: string): number[] {
  const [head, tail] = address.split('::').map(groupsIn);
  if (tail === undefined) {
    return head;
  }
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function groupsIn(part: string): number[] {
  if (part === '') {
    return [];
  }
  return part.split(':').flatMap(group => {
    if (!group.includes('.')) {
      return parseInt(group, 16);
    }
    const [a, b, c, d] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function hex(groups: readonly number[]): string {
  return groups.map(group => group.toString(16)).join(':');
}
