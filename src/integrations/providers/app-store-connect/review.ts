import { ascTrouble, isConflict } from './asc-error.ts';
import type { AscClient } from './client.ts';
import type { Version } from './version.ts';
import { releaseState } from './version-state.ts';

/** A review submission that is not over, with what it holds. */
export interface OpenSubmission {
  id: string;
  state: string;
  items: { id: string; state: string; versionId: string | null }[];
}

/**
 * Sends the version to review: into the submission that is open, or a new one. After a rejection Apple goes on with the same submission: its
 * rejected items are marked as resolved and it is submitted again. Each step looks first, so that a crash between two is one more look:
 * an empty submission, and one that holds the version and was not sent, are taken up.
 */
export async function ensureInReview(
  client: AscClient,
  appId: string,
  version: Version,
  look: () => Promise<Version | null>,
): Promise<void> {
  const open = await openSubmissions(client, appId);
  const ours = open.find((submission) => holds(submission, version));
  switch (ours?.state) {
    // Apple shows it of the submission before it shows it of the version.
    case 'WAITING_FOR_REVIEW':
    case 'IN_REVIEW':
      return;
    case 'UNRESOLVED_ISSUES':
      await resolve(client, ours, version);
      return submit(client, ours.id, look);
    case 'READY_FOR_REVIEW':
      refuseOthers(ours, version);
      return submit(client, ours.id, look);
    case 'CANCELING':
    case 'COMPLETING':
      throw ascTrouble('unavailable', `Apple is still closing the former review of ${version.version}`);
    case undefined: {
      const draft = open.find(({ state }) => state === 'READY_FOR_REVIEW');
      if (draft) refuseOthers(draft, version);
      const id = draft?.id ?? (await client.createSubmission(appId)).data.id;
      await client.addVersion(id, version.id);
      return submit(client, id, look);
    }
    default:
      throw ascTrouble('conflict', `the review submission of ${version.version} is ${ours?.state}, a state that is not known here`);
  }
}

/** The open submission that holds the version, if any. */
export async function submissionOf(client: AscClient, appId: string, version: Version): Promise<OpenSubmission | null> {
  return (await openSubmissions(client, appId)).find((submission) => holds(submission, version)) ?? null;
}

async function openSubmissions(client: AscClient, appId: string): Promise<OpenSubmission[]> {
  const all: OpenSubmission[] = [];
  for (const { id, attributes } of await client.openSubmissions(appId)) {
    const items = (await client.items(id)).map((item) => ({
      id: item.id,
      state: item.attributes.state ?? 'none',
      versionId: item.relationships?.appStoreVersion?.data?.id ?? null,
    }));
    all.push({ id, state: attributes.state ?? 'none', items: items.filter(({ state }) => state !== 'REMOVED') });
  }
  return all;
}

const holds = ({ items }: OpenSubmission, { id }: Version): boolean => items.some(({ versionId }) => versionId === id);

/** Apple keeps one unsent submission per app; what people have put there is theirs to send. */
function refuseOthers({ items }: OpenSubmission, { id, version }: Version): void {
  if (items.every(({ versionId }) => versionId === id)) return;
  throw ascTrouble(
    'conflict',
    `a draft submission holds other items than ${version}, and would send them, too: submit or remove them in App Store Connect`,
  );
}

async function resolve(client: AscClient, { items }: OpenSubmission, { id, version }: Version): Promise<void> {
  const rejected = items.filter(({ state }) => state === 'REJECTED');
  if (rejected.some(({ versionId }) => versionId !== id)) {
    throw ascTrouble(
      'conflict',
      `the submission of ${version} holds other items that were rejected: correct or remove them in App Store Connect`,
    );
  }
  for (const item of rejected) await client.resolveItem(item.id);
}

async function submit(client: AscClient, submissionId: string, look: () => Promise<Version | null>): Promise<void> {
  try {
    await client.submit(submissionId);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const now = await look();
    if (now && releaseState(now).kind === 'in-review') return;
    // The item was taken, and the version will be READY_FOR_REVIEW in a moment.
    if (now?.raw === 'PREPARE_FOR_SUBMISSION')
      throw ascTrouble('unavailable', `the version is not ready to be submitted yet: ${error.message}`);
    throw error;
  }
}
