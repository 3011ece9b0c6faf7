import type { Submission } from '../../capabilities/app-store.ts';
import { ascTrouble, isConflict } from './asc-error.ts';
import type { AscClient } from './client.ts';
import type { LocalizationResource } from './schema.ts';
import type { Version } from './version.ts';
import { versionsOf } from './versions.ts';

export const MAX_NOTES_CHARS = 4000;

type Notes = Submission['notes'];

export function checkLengths(notes: Notes): void {
  for (const [locale, text] of Object.entries(notes)) {
    if ([...text].length > MAX_NOTES_CHARS) {
      throw ascTrouble('invalid', `what is new in ${locale} is longer than the ${MAX_NOTES_CHARS} characters that App Store Connect takes`);
    }
  }
}

/**
 * What is new in each locale that is given; the others stay as they are, and must say something: Apple wants it of every locale. A first version
 * has no such field, so there all of it is dropped.
 */
export async function ensureNotes(client: AscClient, appId: string, version: Version, notes: Notes): Promise<void> {
  const there = await client.localizations(version.id);
  const strangers = Object.keys(notes).filter((locale) => !there.some(({ attributes }) => attributes.locale === locale));
  if (strangers.length > 0) {
    const names = there.map(({ attributes }) => attributes.locale).join(', ');
    throw ascTrouble('invalid', `the app has no locale ${strangers.join(', ')}; it has ${names}`);
  }
  const silent = there.filter(({ attributes }) => !notes[attributes.locale] && !attributes.whatsNew);
  if (silent.length > 0 && !(await isFirst(client, appId, version))) {
    const names = silent.map(({ attributes }) => attributes.locale).join(', ');
    throw ascTrouble('invalid', `the App Store wants to know what is new in every locale of the app: it is missing in ${names}`);
  }
  await write(client, appId, version, changesOf(there, notes));
}

interface Change {
  id: string;
  locale: string;
  text: string;
}

function changesOf(there: readonly LocalizationResource[], notes: Notes): Change[] {
  return there.flatMap(({ id, attributes: { locale, whatsNew } }) => {
    const text = notes[locale];
    return text && text !== whatsNew ? [{ id, locale, text }] : [];
  });
}

async function write(client: AscClient, appId: string, version: Version, changes: readonly Change[]): Promise<void> {
  for (const { id, locale, text } of changes) {
    try {
      await client.setWhatsNew({ id, locale }, text);
    } catch (error) {
      if (isConflict(error) && (await isFirst(client, appId, version))) return;
      throw error;
    }
  }
}

async function isFirst(client: AscClient, appId: string, { id }: Version): Promise<boolean> {
  return (await versionsOf(client, appId)).every((each) => each.id === id);
}
