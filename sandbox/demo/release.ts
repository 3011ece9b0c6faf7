import { z } from 'zod';
import { type Api, ApiRefusal, allItems } from './api.ts';
import { targets } from './configs.ts';

const summary = z.object({
  id: z.string(),
  status: z.string(),
  releaseTag: z.string().nullable(),
  platforms: z.array(z.object({ version: z.string() })),
});

export interface Past {
  /** Versions are never used twice, whatever became of them. */
  nextVersion: string;
  /** Final tags, oldest first. */
  releasedTags: string[];
}

const FIRST_MINOR = 4;
const path = (tenantId: string) => `/release-management/tenants/${tenantId}/releases`;

export async function readPast(api: Api, tenantId: string): Promise<Past> {
  const releases = await allItems(api, path(tenantId), summary);
  const minors = releases.flatMap(({ platforms }) => platforms.map(({ version }) => minorOf(version)));
  const released = releases.flatMap(({ releaseTag }) => (releaseTag === null ? [] : [releaseTag]));
  const last = Math.max(FIRST_MINOR - 1, ...minors);
  return { nextVersion: `1.${last + 1}.0`, releasedTags: released.toSorted((a, b) => minorOf(a) - minorOf(b)) };
}

const minorOf = (version: string) => Number(/(\d+)\.(\d+)\.\d+/.exec(version)?.[2] ?? 0);

/** What an interrupted start left behind would now run against a sandbox that has never heard of it. */
export async function callOff(api: Api, tenantId: string, releaseId: string): Promise<boolean> {
  const one = `${path(tenantId)}/${releaseId}`;
  try {
    const { status } = await api.get(one, z.object({ status: z.string() }));
    if (status === 'COMPLETED' || status === 'ARCHIVED') return false;
    await api.send('POST', `${one}/archive`, { reason: 'The start that drove it was interrupted.' }, z.unknown());
    return true;
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return false;
    throw error;
  }
}

const DAY_MS = 86_400_000;
/** The kickoff lies before the first slot; both are now. */
const KICKOFF_AGO_MS = 2_000;
const SECOND_SLOT_MS = 1_500;

export async function createRelease(api: Api, tenantId: string, releaseConfigId: string, version: string) {
  const now = Date.now();
  const at = (ms: number) => new Date(now + ms).toISOString();
  const body = {
    releaseConfigId,
    type: 'MINOR',
    platformTargets: targets.map((target) => ({ ...target, version })),
    kickOffDate: at(-KICKOFF_AGO_MS),
    regressionSlots: [{ date: at(0) }, { date: at(SECOND_SLOT_MS) }],
    targetReleaseDate: at(14 * DAY_MS),
    description: 'The sample release of `npm start`.',
    // The release before the first one was made by hand.
    ...(minorOf(version) === FIRST_MINOR ? { baseTag: `v1.${FIRST_MINOR - 1}.0` } : {}),
  };
  const created = await api.send('POST', path(tenantId), body, z.object({ id: z.string(), displayId: z.string(), branch: z.string() }));
  return { ...created, path: `${path(tenantId)}/${created.id}` };
}
