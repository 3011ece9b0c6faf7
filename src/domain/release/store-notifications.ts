import type { MessageSection } from '../message.ts';
import type { NotificationType, StoreBuilds, StoreEvent } from './notification-data.ts';
import { asked, buildSection, by, type Field, field, short, type Template, text } from './notification-pieces.ts';

type StoreNotification =
  | 'IOS_TEST_FLIGHT_BUILD'
  | 'ANDROID_AAB_BUILD'
  | 'PRE_RELEASE_STAGE_APPROVAL_REQUEST'
  | Extract<NotificationType, `STORE_${string}` | `ROLLOUT_${string}`>;

/** How the way into the stores is told. */
export const storeTemplates: { [T in StoreNotification]: Template<T> } = {
  IOS_TEST_FLIGHT_BUILD: {
    bucket: 'builds',
    headline: (data) => `the TestFlight build${numbered(data.buildNumber)} is ready`,
    sections: buildsOf,
  },
  ANDROID_AAB_BUILD: {
    bucket: 'builds',
    headline: (data) => `the Play bundle${numbered(data.buildNumber)} is ready`,
    sections: buildsOf,
  },
  PRE_RELEASE_STAGE_APPROVAL_REQUEST: {
    bucket: 'releases',
    headline: (data) => `${data.tag} ${data.decided ?? 'waits for approval before it goes to the stores'}`,
    sections: (data) => [
      ...asked(data, 'Post-regression is over.'),
      { fields: [field('Tag', data.tag), field('Commit', short(data.commit))] },
    ],
  },
  STORE_SUBMITTED: {
    bucket: 'releases',
    headline: (data) => `${subject(data)} is submitted for review`,
    sections: about,
  },
  STORE_APPROVED: {
    bucket: 'releases',
    headline: (data) => `${subject(data)} passed the review`,
    sections: about,
  },
  STORE_REJECTED: {
    bucket: 'critical',
    headline: (data) => `${subject(data)} ${data.outside === true ? 'was taken back from review' : 'is rejected by the store'}`,
    sections: about,
  },
  ROLLOUT_STARTED: {
    bucket: 'releases',
    headline: (data) => `rollout of ${subject(data)} started${reaching(data)}${whose(data)}`,
    sections: about,
  },
  ROLLOUT_STEPPED: {
    bucket: 'releases',
    headline: (data) => `rollout of ${subject(data)} goes on${reaching(data)}${whose(data)}`,
    sections: about,
  },
  ROLLOUT_HALTED: {
    bucket: 'critical',
    headline: (data) => `rollout of ${subject(data)} halted${reaching(data)}${whose(data)}`,
    sections: about,
  },
  ROLLOUT_UNPROVEN: {
    bucket: 'critical',
    headline: (data) => `rollout of ${subject(data)} stands still${reaching(data)} without evidence`,
    sections: about,
  },
  ROLLOUT_RESUMED: {
    bucket: 'releases',
    headline: (data) => `rollout of ${subject(data)} resumed${reaching(data)}${whose(data)}`,
    sections: about,
  },
  ROLLOUT_COMPLETED: {
    bucket: 'releases',
    headline: (data) => `${subject(data)} is live for everybody${completing(data)}`,
    sections: about,
  },
};

function buildsOf({ builds }: StoreBuilds): MessageSection[] {
  return [buildSection(builds)];
}

function about(data: StoreEvent): MessageSection[] {
  const fields: Field[] = [field(data.platform, data.version, data.url ?? null)];
  if (isText(data.buildNumber)) fields.push(field('Build', data.buildNumber));
  return [{ fields }, { heading: 'Reason', ...text(data.reason ?? null) }];
}

const subject = ({ version, target }: StoreEvent) => `${version} → ${target}`;
const numbered = (buildNumber: string | null) => (buildNumber === null ? '' : ` ${buildNumber}`);
const reaching = ({ fraction }: StoreEvent) => (typeof fraction === 'number' ? ` at ${percentText(fraction)} of the users` : '');
const whose = (data: StoreEvent) => (data.outside === true ? " in the store's console" : by(data.by ?? null));
const completing = (data: StoreEvent) => (whose(data) === '' ? '' : `, completed${whose(data)}`);
const isText = (value: string | null | undefined): value is string => typeof value === 'string' && value !== '';

/** `12.5 %`: no more digits than people set. */
export const percentText = (fraction: number) => `${Number((fraction * 100).toFixed(4))} %`;
