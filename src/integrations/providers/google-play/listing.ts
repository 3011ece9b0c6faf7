import type { StoreApp, StoreListing } from '../../capabilities/app-store.ts';
import type { PlayClient } from './client.ts';
import { inReadEdit } from './edits.ts';
import { isInvisible } from './play-error.ts';

export async function readListing(client: PlayClient, { appId }: StoreApp): Promise<StoreListing | null> {
  try {
    return await inReadEdit(client, appId, async (edit) => {
      const { name, locales } = await readLocales(client, edit, appId);
      const tracks = await client.tracks(appId, edit);
      return { name, locales, tracks: tracks.map(({ track }) => track) };
    });
  } catch (error) {
    if (isInvisible(error)) return null;
    throw error;
  }
}

/** The languages the app has a store listing in, its default one first. */
export async function readLocales(client: PlayClient, edit: string, appId: string): Promise<{ name: string; locales: string[] }> {
  const listings = await client.listings(appId, edit);
  const { defaultLanguage } = await client.details(appId, edit);
  const [first] = listings;
  const main = listings.find(({ language }) => language === defaultLanguage) ?? first;
  const locales = [main, ...listings].flatMap((listing) => (listing === undefined ? [] : [listing.language]));
  return { name: main?.title ?? appId, locales: [...new Set(locales)] };
}
