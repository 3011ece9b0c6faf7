import { createHash } from 'node:crypto';
import type { Side } from '../../../domain/deployment/vocabulary.ts';
import { trouble } from './identity.ts';

/** What our objects are called, and what tells them from those of others. */

export const MANAGER = 'signalbox';
export const DIGEST = 'signalbox/digest';
export const CONFIG_VERSION = 'signalbox/config-version';
/** On all that belongs to one side of one service. */
export const PLACE = 'signalbox/place';
/** On pods: which workload they run. */
export const WORKLOAD = 'signalbox/workload';
export const MANAGED_BY = 'app.kubernetes.io/managed-by';

const short = (text: string, chars: number) => createHash('sha256').update(text).digest('hex').slice(0, chars);

/** Room for the side and the mark within the 63 characters of a Service. */
const READABLE_CHARS = 46;

/** Of the Deployment and the Service of a side: at most 63 lower-case letters, digits and dashes, a letter first, as Services need it. */
export function sideName(name: string, side: Side): string {
  if (!/^[A-Za-z0-9-]{1,63}$/.test(name)) throw trouble('invalid', `the place "${name.slice(0, 100)}" cannot be the name of an object`);
  const plain = `${name}-${side}`;
  if (/^[a-z][a-z0-9-]*$/.test(plain) && plain.length <= 63) return plain;
  const readable = name.toLowerCase().slice(0, READABLE_CHARS).replace(/-+$/, '');
  return `s-${readable}-${short(name, 8)}-${side}`;
}

/** Another configuration has another Secret: pods of the old one keep theirs. Made of the version, never of values. */
export const secretName = (place: string, configVersion: string): string => `${place}-${short(configVersion, 10)}`;

export const workloadMark = (digest: string, configVersion: string): string => short(`${digest}\n${configVersion}`, 16);
