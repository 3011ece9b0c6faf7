import { createHash } from 'node:crypto';

/**
 * Linear takes ids from its clients and refuses one that is taken, so an id that follows from what the thing is makes creating it
 * repeatable: the same words always give the same id. Linear wants the form of UUID version 4.
 */
export function entityId(kind: 'issue' | 'comment', scope: string, marker: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(['signalbox', kind, scope, marker]))
    .digest('hex');
  const variant = (8 + (Number.parseInt(hex.slice(16, 17), 16) % 4)).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
