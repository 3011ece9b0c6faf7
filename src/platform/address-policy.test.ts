import { describe, expect, it } from 'vitest';
import { isAllowed, isPublicAddress, parseAllowRules } from './address-policy.ts';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '140.82.112.3', '2606:50c0:8000::153', '::ffff:8.8.8.8', '64:ff9b::808:808'])('calls %s public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.9.9.9'],
    ['loopback', '::1'],
    ['unspecified', '0.0.0.0'],
    ['unspecified', '::'],
    ['private', '10.1.2.3'],
    ['private', '172.31.0.1'],
    ['private', '192.168.0.1'],
    ['shared (CGNAT)', '100.64.0.1'],
    ['Alibaba metadata', '100.100.100.200'],
    ['link-local metadata', '169.254.169.254'],
    ['Azure platform', '168.63.129.16'],
    ['Oracle metadata', '192.0.0.192'],
    ['benchmarking', '198.18.0.1'],
    ['documentation', '203.0.113.7'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unique local', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['6to4', '2002:7f00:1::'],
    ['teredo', '2001:0:53aa:64c:0:0:80ff:fffe'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped metadata', '::ffff:a9fe:a9fe'],
    ['NAT64 of a private address', '64:ff9b::10.0.0.1'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-compatible', '::8.8.8.8'],
  ])('does not call %s public: %s', (_range, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('OUTBOUND_ALLOW', () => {
  it('is empty by default', () => {
    expect(parseAllowRules('')).toEqual([]);
  });

  it.each([
    ['10.0.0.0/8', 'ci.internal', '10.1.2.3', 80, true],
    ['10.0.0.0/8', 'ci.internal', '11.1.2.3', 80, false],
    ['10.0.0.0/8:8080', 'ci.internal', '10.1.2.3', 8080, true],
    ['10.0.0.0/8:8080', 'ci.internal', '10.1.2.3', 80, false],
    ['192.168.1.7', 'ci.internal', '::ffff:192.168.1.7', 443, true],
    ['192.168.1.7:8443', 'ci.internal', '192.168.1.7', 443, false],
    ['fd00::/8', 'ci.internal', 'fd12::1', 443, true],
    ['[fd00::7]:443', 'ci.internal', 'fd00::7', 443, true],
    ['[fd00::7]:443', 'ci.internal', 'fd00::7', 80, false],
    ['CI.internal', 'ci.INTERNAL', '10.0.0.1', 80, true],
    ['ci.internal:8080', 'ci.internal', '10.0.0.1', 80, false],
    ['ci.internal', 'evil-ci.internal', '10.0.0.1', 80, false],
    ['1.1.1.1, ci.internal', 'ci.internal', '10.0.0.1', 80, true],
  ])('%s for %s at %s port %i: %s', (text, host, address, port, expected) => {
    expect(isAllowed(parseAllowRules(text), host, address, port)).toBe(expected);
  });

  it.each(['http://ci.internal', 'ci internal', 'ci:0', 'ci:99999', '10.0.0.0/99'])('refuses the entry %s by name', (text) => {
    expect(() => parseAllowRules(`8.8.8.8,${text}`)).toThrow(text);
  });
});
