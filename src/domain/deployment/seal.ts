import { createHash } from 'node:crypto';

/** What a service release consists of, as one hash: SHA-256, 64 hexadecimal digits. The order of its items says nothing. */
export function sealHash(items: readonly { serviceId: string; digest: string }[]): string {
  const lines = items.map(({ serviceId, digest }) => `${serviceId} ${digest}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
