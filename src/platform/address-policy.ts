import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** One entry of `OUTBOUND_ALLOW`: private addresses the operator lets user-supplied base URLs reach. */
export type AllowRule =
  | { kind: 'network'; network: [ipaddr.IPv4 | ipaddr.IPv6, number]; port: number | null }
  /** A name as it stands in the URL; whatever it resolves to is allowed. */
  | { kind: 'host'; host: string; port: number | null };

/**
 * Reads `10.0.0.0/8, 192.168.1.7:8443, jenkins.internal, jira.internal:8080, [fd00::7]:443`. An entry without port allows every port.
 * Throws an `Error` that says which entry is wrong.
 */
export function parseAllowRules(text: string): AllowRule[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseRule);
}

function parseRule(entry: string): AllowRule {
  if (ipaddr.isValidCIDR(entry)) return { kind: 'network', network: ipaddr.parseCIDR(entry), port: null };
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? [entry, entry];
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  const port = match[2] === undefined ? null : Number(match[2]);
  if (port !== null && (port < 1 || port > 65_535)) throw new Error(`"${entry}" has no such port`);
  if (ipaddr.isValidCIDR(host)) return { kind: 'network', network: ipaddr.parseCIDR(host), port };
  if (ipaddr.IPv6.isValid(host) || ipaddr.IPv4.isValidFourPartDecimal(host)) {
    const address = ipaddr.process(host);
    return { kind: 'network', network: [address, address.kind() === 'ipv4' ? 32 : 128], port };
  }
  if (!/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(host)) throw new Error(`"${entry}" is no network, address or host`);
  return { kind: 'host', host: host.toLowerCase(), port };
}

/** Azure's platform endpoint: a public address that answers only from inside, and with credentials. */
const PLATFORM_ADDRESSES = new Set(['168.63.129.16']);

/** Whether anybody on the internet could reach the address; everything else is somebody's inside. */
export function isPublicAddress(text: string): boolean {
  const address = embeddedIpv4(parseAddress(text));
  return address.range() === 'unicast' && !PLATFORM_ADDRESSES.has(address.toString()) && !isIpv4Compatible(address);
}

/** The parser reads `::8.8.8.8` as the mapped `::ffff:8.8.8.8`; spelt in groups, as URLs spell it, it is what it is. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!isIPv6(text)) return ipaddr.parse(text);
  const [groups = ''] = text.split('%');
  return ipaddr.parse(new URL(`http://[${groups}]`).hostname.slice(1, -1));
}

/** IPv4 in IPv6 clothes (mapped, or NAT64's well-known prefix) is judged as the IPv4 address that is really reached. */
function embeddedIpv4(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  const isNat64 = address.match(ipaddr.parseCIDR('64:ff9b::/96'));
  return isNat64 ? new ipaddr.IPv4(bytes.slice(12)) : address;
}

/** `::a.b.c.d`, deprecated by RFC 4291; some stacks still route it to the IPv4 address. */
function isIpv4Compatible(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return (
    address instanceof ipaddr.IPv6 &&
    address
      .toByteArray()
      .slice(0, 12)
      .every((byte) => byte === 0)
  );
}

/** @param host the name or literal in the URL, without brackets */
export function isAllowed(rules: readonly AllowRule[], host: string, address: string, port: number): boolean {
  const target = ipaddr.process(address);
  return rules.some((rule) => {
    if (rule.port !== null && rule.port !== port) return false;
    if (rule.kind === 'host') return rule.host === host.toLowerCase();
    return rule.network[0].kind() === target.kind() && target.match(rule.network);
  });
}
