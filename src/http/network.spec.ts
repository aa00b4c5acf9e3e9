import { fastify } from 'fastify';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNetworkOf, isWithin, networkOf, plainAddress } from './network.js';

describe('plainAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['[::1]:443', '0:0:0:0:0:0:0:1'],
    ['2001:DB8::A', '2001:db8:0:0:0:0:0:a'],
    ['2001:0db8:0000::000a', '2001:db8:0:0:0:0:0:a'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0:0:0:c000:201'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1.2.3.4', '0:0:0:0:0:0:102:304'],
  ])('of %j is %j', (text, plain) => {
    expect(plainAddress(text)).toBe(plain);
  });

  it.each([
    ...[
      '',
      'unknown',
      '127.1',
      '0x7f.0.0.1',
      '01.2.3.4',
      '1.2.3.4/8',
      '::1::',
      '[::1',
      'example.org',
    ],
    ...['_hidden', '1.2.3.4 ', "1'; DROP TABLE users", 'x'.repeat(16_000), ':'.repeat(16_000)],
  ])('of %j is unknown', text => {
    expect([plainAddress(text), networkOf(text), hostNetworkOf(text)]).toEqual(
      Array(3).fill('unknown'),
    );
  });

  it('gives every spelling of an address one text', () => {
    fc.assert(
      fc.property(fc.ipV6(), text => {
        const plain = plainAddress(text);
        expect(plainAddress(plain)).toBe(plain);
        expect(plainAddress(text.toUpperCase())).toBe(plain);
        // Node's own spelling of the same address.
        expect(plainAddress(new URL(`http://[${text}]/`).hostname)).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('networks', () => {
  it.each([
    ['203.0.113.7', '203.0.113.0/24', '203.0.113.7/32'],
    ['::ffff:203.0.113.7', '203.0.113.0/24', '203.0.113.7/32'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0::/48', '2001:db8:0:0::/64'],
    ['::1', '0:0:0::/48', '0:0:0:0::/64'],
  ])('of %j', (address, network, hostNetwork) => {
    expect(networkOf(address)).toBe(network);
    expect(hostNetworkOf(address)).toBe(hostNetwork);
  });

  it('are shared by neighbours only', () => {
    expect(networkOf('203.0.113.1')).toBe(networkOf('203.0.113.254'));
    expect(networkOf('203.0.113.1')).not.toBe(networkOf('203.0.114.1'));
    expect(hostNetworkOf('2001:db8::1')).toBe(hostNetworkOf('2001:db8::ffff:1'));
    expect(hostNetworkOf('2001:db8::1')).not.toBe(hostNetworkOf('2001:db8:0:1::1'));
  });
});

/** What the list of TRUST_PROXY makes Fastify take as the client's address. */
describe('the address behind a proxy', () => {
  const PROXIES = ['10.0.0.0/8', '::1', 'fd00::/8'];

  const seen = async (
    trustProxy: string[] | false,
    remoteAddress: string,
    forwarded: string[],
  ): Promise<string[]> => {
    const server = fastify({ trustProxy });
    server.get('/', async request => ({ ip: request.ip }));
    const answers = [];
    for (const value of forwarded) {
      const headers = { 'x-forwarded-for': value };
      answers.push(await server.inject({ url: '/', remoteAddress, headers }));
    }
    await server.close();
    return answers.map(answer => plainAddress(answer.json<{ ip: string }>().ip));
  };

  /** 1,000 headers as clients forge them, without what a proxy adds. */
  const forged = Array.from({ length: 1000 }, (_, i) => {
    const address = `6.6.${i % 250}.${i % 7}`;
    const shapes = [address, `${address}, 10.0.0.1`, `::1, ${address}`, `127.0.0.1,${address},::1`];
    return [...shapes, ', , ', 'unknown', `[::1]:${i}`, '10.9.9.9'][i % 8];
  });

  it('is the peer, without a trusted proxy', async () => {
    expect(new Set(await seen(false, '203.0.113.7', forged))).toEqual(new Set(['203.0.113.7']));
  });

  it('is the peer, where the peer is no proxy', async () => {
    expect(new Set(await seen(PROXIES, '203.0.113.7', forged))).toEqual(new Set(['203.0.113.7']));
  });

  it.each(['10.0.0.1', '::ffff:10.0.0.1', '::1', 'fd00::1'])(
    'is what the proxy %s added, whatever the client sent',
    async proxy => {
      const headers = forged.map(value => `${value}, 203.0.113.7`);
      expect(new Set(await seen(PROXIES, proxy, headers))).toEqual(new Set(['203.0.113.7']));
    },
  );

  it.each([
    ['the nearest that is no proxy', '1.1.1.1, 203.0.113.7, 10.0.0.2, 10.0.0.1', '203.0.113.7'],
    ['the farthest, where all are proxies', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['IPv4 written as IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['what comes with a port', '203.0.113.7:4711', '203.0.113.7'],
  ])('is %s', async (_what, header, address) => {
    expect(await seen(PROXIES, '10.0.0.1', [header])).toEqual([address]);
  });
});

describe('isWithin', () => {
  const isProxy = isWithin(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8:7::1', '::1'])(
    'finds %s',
    address => expect(isProxy(address)).toBe(true),
  );

  it.each(['11.1.2.3', '::ffff:11.1.2.3', '192.0.2.8', '2001:db9::1', '::2', '', 'unknown'])(
    'does not find %j',
    address => expect(isProxy(address)).toBe(false),
  );
});
