import type { Sql } from '../../../db/client.ts';
import type { StatusData } from '../../../domain/release/notification-data.ts';
import { at } from '../../../domain/release/notification-pieces.ts';
import { type Notification, renderNotification } from '../../../domain/release/notifications.ts';
import { readRelease } from '../get-release.ts';
import type { PlatformDetail, ReleaseDetail } from '../release-view.ts';
import { readWhy } from '../why/why.ts';
import { STATUS_MESSAGE } from './status-message.ts';

export interface ComposedStatus {
  notification: Notification;
  /** The release has ended: nothing about it changes any more. */
  isFinal: boolean;
}

/** What the status message of a release says now. */
export async function composeStatus(sql: Sql, tenantId: string, releaseId: string): Promise<ComposedStatus> {
  const release = await readRelease(sql, tenantId, releaseId);
  const isFinal = release.status === 'COMPLETED' || release.status === 'ARCHIVED';
  const waitsFor = isFinal ? null : withoutInstants((await readWhy(sql, tenantId, releaseId, true)).summary);
  const data: StatusData = {
    status: release.status,
    stage: stageOf(release),
    waitsFor,
    kickOffDate: release.kickOffDate,
    targetReleaseDate: release.targetReleaseDate,
    endedAt: release.archivedAt ?? release.releaseDate,
    progress: release.stages.flatMap(({ key, status, attempt, tasks }) =>
      attempt === 0 ? [] : [{ stage: attempt === 1 ? key : `${key} (round ${attempt})`, status, done: tasks.done, total: tasks.total }],
    ),
    stores: release.platforms.flatMap(storeOf),
    links: linksOf(release),
  };
  const versions = release.platforms.map(({ platform, target, version }) => ({ platform, target, version }));
  const summary = { displayId: release.displayId, versions, url: null };
  return { notification: renderNotification(STATUS_MESSAGE, { release: summary, ...data }), isFinal };
}

/** The stage under way, else the one that is to begin again, else the latest that has begun; none once the release has ended. */
function stageOf({ stages, status }: ReleaseDetail): string | null {
  if (status === 'COMPLETED' || status === 'ARCHIVED') return null;
  const begun = stages.filter(({ attempt }) => attempt > 0);
  const current = begun.findLast((stage) => stage.status === 'IN_PROGRESS') ?? begun.find((stage) => stage.status === 'PENDING');
  return (current ?? begun.at(-1))?.key ?? null;
}

function linksOf(release: ReleaseDetail): StatusData['links'] {
  const candidate = release.slots.findLast(({ cycle }) => cycle?.rcTag && cycle.status !== 'ABANDONED')?.cycle?.rcTag;
  return [
    { label: 'Branch', value: release.branch, url: null },
    ...(!candidate ? [] : [{ label: 'Candidate', value: candidate, url: null }]),
    ...(release.releaseTag === null ? [] : [{ label: 'Tag', value: release.releaseTag, url: null }]),
    ...(release.pilot === null ? [] : [{ label: 'Pilot', value: release.pilot.displayName, url: null }]),
    ...release.platforms.flatMap(platformLinks),
  ];
}

function platformLinks({ platform, ticket, testRun }: PlatformDetail): StatusData['links'] {
  return [
    ...(ticket === null ? [] : [{ label: `Ticket (${platform})`, value: ticket.key, url: ticket.url }]),
    ...(testRun === null ? [] : [{ label: `Test run (${platform})`, value: testRun.id, url: testRun.url }]),
  ];
}

/** Its rollout, and before there is one its latest submission. */
function storeOf({ target, rollout, submission }: PlatformDetail): StatusData['stores'] {
  const url = submission?.url ?? null;
  if (rollout !== null && rollout.status !== 'PENDING') return [{ target, status: rollout.status, fraction: rollout.fraction, url }];
  return submission === null ? [] : [{ target, status: submission.status, fraction: null, url }];
}

const withoutInstants = (text: string) => text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, at);
