import type { StoreListing } from '../../capabilities/app-store.ts';
import type { AscClient } from './client.ts';
import type { AppResource } from './schema.ts';
import { versionsOf } from './versions.ts';

/** The App Store has one; stores with one ignore what it is called. */
const TRACK = 'app-store';

/** Notes can be given for the locales of a version, and a new version gets those of the newest. */
export async function readListing(client: AscClient, { id, attributes }: AppResource): Promise<StoreListing> {
  const versions = await versionsOf(client, id);
  const newest = versions.sort((one, other) => other.createdMs - one.createdMs)[0];
  const locales = newest ? (await client.localizations(newest.id)).map((each) => each.attributes.locale) : [];
  const primary = attributes.primaryLocale ?? '';
  return { name: attributes.name ?? '', locales: defaultFirst(locales, primary), tracks: [TRACK] };
}

function defaultFirst(locales: readonly string[], primary: string): string[] {
  if (locales.length === 0) return primary ? [primary] : [];
  return [...locales].sort((one, other) => Number(other === primary) - Number(one === primary) || (one < other ? -1 : 1));
}
