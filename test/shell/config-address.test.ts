/** Addresses that people write: what can work is taken, and what cannot is named. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../agent/shell/config/config.ts';
import { type AddressUse, readAddress } from '../../agent/shell/config/config-address.ts';

const USES: readonly AddressUse[] = ['listen', 'dial', 'name'];

describe('an address', () => {
  for (const [text, host, port] of [
    ['127.0.0.1:7420', '127.0.0.1', 7_420],
    ['10.255.0.1:1', '10.255.0.1', 1],
    ['169.254.1.2:65535', '169.254.1.2', 65_535],
    ['223.255.255.255:9', '223.255.255.255', 9],
    ['240.0.0.1:9', '240.0.0.1', 9],
    ['[::1]:7420', '::1', 7_420],
    ['[fd00:1::2]:7420', 'fd00:1::2', 7_420],
    ['[2001:DB8::1]:7420', '2001:DB8::1', 7_420],
    ['[fe80::1%mesh0]:7420', 'fe80::1%mesh0', 7_420],
    ['[febf::1%2]:7420', 'febf::1%2', 7_420],
    ['[fe80::1%br-lan.10]:7420', 'fe80::1%br-lan.10', 7_420],
    ['[1:2:3:4:5:6:7:8]:80', '1:2:3:4:5:6:7:8', 80],
  ] as const) {
    it(`is ${text}`, () => {
      for (const use of USES) assert.deepEqual(readAddress(text, use), { host, port });
    });
  }

  const never: readonly (readonly [text: string, why: RegExp])[] = [
    ['[fe80::1]:7420', /^a link-local address without its interface/],
    ['[FEBF::1]:7420', /^a link-local address without its interface/],
    ['[fe80::1%]:7420', /interface after "%"/],
    ['[fe80::1%a/b]:7420', /interface after "%"/],
    ['[fe80::1%sixteen-letters-]:7420', /interface after "%"/],
    ['[fe80::1%mesh0%mesh1]:7420', /no IPv6 address/],
    ['[fd00::1%mesh0]:7420', /only link-local addresses have/],
    ['[::1%lo]:7420', /only link-local addresses have/],
    ['[1::2::3]:7420', /no IPv6 address/],
    ['[1:2:3:4:5:6:7]:7420', /no IPv6 address/],
    ['[1:2:3:4:5:6:7:8:9]:7420', /no IPv6 address/],
    ['[12345::]:7420', /no IPv6 address/],
    ['[:::]:7420', /no IPv6 address/],
    ['[127.0.0.1]:7420', /no IPv6 address/],
    ['[]:7420', /no IPv6 address/],
    ['[::ffff:127.0.0.1]:7420', /an IPv4 address inside/],
    ['[::ffff:7f00:1]:7420', /an IPv4 address inside/],
    ['[64:ff9b::1.2.3.4]:7420', /an IPv4 address inside/],
    ['[ff02::1]:7420', /^a multicast address/],
    ['224.0.0.1:7420', /^a multicast address/],
    ['239.255.255.255:7420', /^a multicast address/],
    ['255.255.255.255:7420', /^the broadcast address/],
    ['0.1.2.3:7420', /no machine has/],
    ['127.0.0.01:7420', /no IPv4 address of four numbers/],
    ['010.0.0.1:7420', /no IPv4 address of four numbers/],
    ['127.0.0.256:7420', /no IPv4 address of four numbers/],
    ['127.0.0.1.:7420', /no IPv4 address of four numbers/],
    ['127.1:7420', /no IPv4 address of four numbers/],
    ['2130706433:7420', /no IPv4 address of four numbers/],
    ['0x7f000001:7420', /no IPv4 address of four numbers/],
    ['127.0.0.0x1:7420', /no IPv4 address of four numbers/],
    ['router.1:7420', /no IPv4 address of four numbers/],
    ['127.0.0.1:0', /port is not 1 to 65535/],
    ['127.0.0.1:65536', /port is not 1 to 65535/],
    ['127.0.0.1:07420', /port is not 1 to 65535/],
    ['127.0.0.1:', /port is not 1 to 65535/],
    ['127.0.0.1:999999', /port is not 1 to 65535/],
    ['127.0.0.1', /^$/],
    ['127.0.0.1:7420 ', /^$/],
    ['127.0.0.1:+7420', /^$/],
    ['::1', /^$/],
    ['fe80::1%mesh0', /^$/],
    ['::1:7420', /^$/],
    ['', /^$/],
  ];
  for (const [text, why] of never) {
    it(`is not ${text === '' ? 'nothing' : text}`, () => {
      for (const use of USES) assert.match(String(readAddress(text, use)), why);
    });
  }

  it('of all interfaces is one to listen on, and none to connect to', () => {
    for (const text of ['0.0.0.0:7420', '[::]:7420', '[0:0::0]:7420']) {
      assert.equal(typeof readAddress(text, 'listen'), 'object', text);
      for (const use of ['dial', 'name'] as const) {
        assert.match(String(readAddress(text, use)), /only a listener has/, text);
      }
    }
  });

  const long = 'a'.repeat(63);
  for (const name of [
    'router',
    'router.lan',
    'router.lan.',
    'a-b.c_d.e1',
    '1and1.example',
    long,
    [long, long, long, 'b'.repeat(61)].join('.'),
  ]) {
    it(`is ${name.slice(0, 20)} where a name will do`, () => {
      assert.deepEqual(readAddress(`${name}:7420`, 'name'), { host: name, port: 7_420 });
      for (const use of ['listen', 'dial'] as const) {
        assert.match(String(readAddress(`${name}:7420`, use)), /^$/);
      }
    });
  }

  for (const name of [
    '-router',
    'router-',
    'a..b',
    '.lan',
    'a b',
    'r\u00f6uter',
    `${long}a`,
    [long, long, long, 'b'.repeat(62)].join('.'),
    'router\u0000',
    '',
  ]) {
    it(`is not the name ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.match(String(readAddress(`${name}:7420`, 'name')), /no host name/);
    });
  }
});

describe('an address in a configuration', () => {
  const problems = (lines: string): string[] => {
    const reading = parseConfig(`name = "n"\nrole = "relay"\n${lines}`, '/etc/x.toml');
    return reading.ok ? [] : reading.problems.map(({ field, found }) => `${field}: ${found}`);
  };

  it('is told with its field and what is wrong with it', () => {
    assert.deepEqual(problems('peers = [{ address = "[fe80::1]:7420" }]'), [
      'peers[0].address: "[fe80::1]:7420", a link-local address without its interface (%mesh0)',
    ]);
    assert.deepEqual(problems('peers = [{ address = "0.0.0.0:7420" }]'), [
      'peers[0].address: "0.0.0.0:7420", an address that only a listener has',
    ]);
    assert.deepEqual(problems('[listen]\naddresses = ["010.0.0.1:7420"]'), [
      'listen.addresses[0]: "010.0.0.1:7420", with no IPv4 address of four numbers, 0 to 255',
    ]);
    assert.deepEqual(problems('[listen]\naddresses = ["0.0.0.0:7420", "[::]:7421"]'), []);
  });

  it('is listened on once', () => {
    const [one, other] = ['"[::1]:7420"', '"[::1]:7421"'];
    assert.deepEqual(problems(`[listen]\naddresses = [${one}, ${other}, ${one}]`), [
      'listen.addresses: [::1]:7420 twice',
    ]);
    assert.deepEqual(problems(`[listen]\naddresses = [${one}, ${other}]`), []);
  });
});
