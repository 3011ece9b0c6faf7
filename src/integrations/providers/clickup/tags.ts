import { ProviderError } from '../../kit/provider-error.ts';
import type { ClickupClient } from './client.ts';

/** The tag under which a ticket of ours is found again. */
export function markerTag(marker: string): string {
  return `signalbox-${marker}`;
}

/** As ClickUp keeps it: in lower case. Blanks are allowed. */
export function tagName(label: string): string {
  return label.replace(/\s+/g, ' ').trim().toLowerCase();
}

export function carries({ tags }: { tags?: string[] | null | undefined }, tag: string): boolean {
  return tags?.some((each) => tagName(each) === tag) ?? false;
}

/** A task takes tags of its Space; whether it also makes new ones is not described, so they are made before. */
export async function ensureTags(client: ClickupClient, spaceId: string, names: readonly string[]): Promise<void> {
  const missing = await missingTags(client, spaceId, names);
  for (const name of missing) {
    try {
      await client.createTag(spaceId, name);
    } catch (error) {
      if (!(error instanceof ProviderError && (error.kind === 'invalid' || error.kind === 'conflict'))) throw error;
      // Somebody else may have made it meanwhile.
      if ((await missingTags(client, spaceId, [name])).length > 0) throw error;
    }
  }
}

async function missingTags(client: ClickupClient, spaceId: string, names: readonly string[]): Promise<string[]> {
  const known = new Set((await client.tags(spaceId)).tags.map(({ name }) => tagName(name)));
  return names.filter((name) => !known.has(name));
}
