import type { DeploymentMessageType } from '../deployment/messages.ts';
import type { MessageContent, MessageSection } from '../message.ts';
import { gateTemplates } from './gate-notifications.ts';
import type { BuildFailure, NotificationInput, NotificationType, PlatformLink, ReleaseSummary, TestResult } from './notification-data.ts';
import {
  asked,
  at,
  buildSection,
  by,
  count,
  type Field,
  field,
  oneLine,
  saysSomething,
  short,
  type Template,
  text,
} from './notification-pieces.ts';
import { statusTemplates } from './status-notification.ts';
import { storeTemplates } from './store-notifications.ts';
import type { Bucket } from './vocabulary.ts';

const templates: { [T in NotificationType]: Template<T> } = {
  PRE_KICKOFF_REMINDER: {
    bucket: 'releases',
    headline: (data) => `kickoff at ${at(data.kickOffDate)}`,
    sections: (data) => [{ text: `The release branch will be forked from ${data.baseBranch}. Merge what has to be in it before.` }],
  },
  BRANCH_FORKOUT: {
    bucket: 'releases',
    headline: (data) => `branch ${data.branch} forked from ${data.baseBranch}`,
    sections: (data) => [{ fields: [field('Branch', data.branch, data.url), field('Commit', short(data.commit))] }],
  },
  PROJECT_MANAGEMENT_LINKS: {
    bucket: 'releases',
    headline: () => 'release tickets created',
    sections: (data) => [{ heading: 'Tickets', fields: data.tickets.map(platformField) }],
  },
  TEST_MANAGEMENT_LINKS: {
    bucket: 'regression',
    headline: () => 'test runs created',
    sections: (data) => [{ heading: 'Test runs', fields: data.testRuns.map(platformField) }],
  },
  PREREGRESSION_BUILDS: {
    bucket: 'builds',
    headline: () => 'pre-regression builds are ready',
    sections: (data) => [buildSection(data.builds)],
  },
  REGRESSION_BUILDS: {
    bucket: 'regression',
    headline: (data) => `builds of ${data.rcTag} (cycle ${data.cycle}) are ready to test`,
    sections: (data) => [
      buildSection(data.builds),
      { heading: 'Test runs', fields: data.testRuns.map(platformField) },
      { heading: 'Changes', ...text(data.notes) },
    ],
  },
  PREREGRESSION_BUILDS_FAILED: {
    bucket: 'builds',
    headline: () => 'pre-regression builds failed',
    sections: (data) => [failureSection(data.failures)],
  },
  REGRESSION_BUILDS_FAILED: {
    bucket: 'builds',
    headline: (data) => `regression builds of cycle ${data.cycle} failed`,
    sections: (data) => [failureSection(data.failures)],
  },
  TEST_RESULTS_SUMMARY: {
    bucket: 'regression',
    headline: (data) => `test results of cycle ${data.cycle}`,
    sections: (data) => [
      { fields: data.results.map((result) => resultField(result)) },
      { text: `At least ${data.thresholdPercent} % must pass.` },
    ],
  },
  FINAL_RELEASE_NOTES: {
    bucket: 'releases',
    headline: (data) => `release notes of ${data.tag}`,
    sections: (data) => [text(data.text), { fields: [field('Release', data.tag, data.url)] }],
  },
  REGRESSION_STAGE_APPROVAL_REQUEST: {
    bucket: 'regression',
    headline: (data) => `${data.rcTag} ${data.decided ?? 'waits for approval'}`,
    sections: (data) => [
      ...asked(data, 'Regression is over.'),
      { fields: [field('Candidate', data.rcTag), field('Commit', short(data.commit)), field('Cycle', String(data.cycle))] },
    ],
  },
  PRE_RELEASE_CHERRY_PICKS_REMINDER: {
    bucket: 'releases',
    headline: (data) =>
      data.commits.length === 0 ? `no commits after ${data.rcTag}` : `${count(data.commits.length, 'commit')} after ${data.rcTag}`,
    sections: (data) => [
      { text: data.commits.length === 0 ? 'The branch is as it was tested.' : 'These commits are on the branch and in no candidate.' },
      { heading: 'Commits', fields: data.commits.map((commit) => field(short(commit.sha), commit.subject, commit.url)) },
    ],
  },
  POST_REGRESSION_SUMMARY: {
    bucket: 'releases',
    headline: (data) => `${data.tag} is ready for the stores`,
    sections: (data) => [buildSection(data.builds), { fields: [field('Release notes', data.tag, data.notesUrl)] }],
  },
  TASK_FAILED: {
    bucket: 'critical',
    headline: (data) => `task "${data.task.title}" ${data.waits === true ? 'waits for a connection to be mended' : 'failed'}`,
    sections: (data) => [{ text: data.message }, { heading: 'What to do', ...text(data.remedy) }],
  },
  RELEASE_PAUSED: {
    bucket: 'critical',
    headline: (data) => `paused${by(data.by)}`,
    sections: (data) => [{ fields: data.reasons.map((reason) => field('Reason', reason)) }, text(data.note)],
  },
  RELEASE_RESUMED: {
    bucket: 'releases',
    headline: (data) => `resumed${by(data.by)}`,
    sections: (data) => [text(data.note)],
  },
  GATE_OVERRIDDEN: {
    bucket: 'critical',
    headline: (data) => `gate overridden${by(data.by)}`,
    sections: (data) => [
      { text: `The approval was ${data.how} without the approvals it asks for.` },
      { heading: 'What did not hold', ...text((data.unmet ?? []).join('\n')) },
      { heading: 'Reason', ...text(data.reason) },
    ],
  },
  RELEASE_COMPLETED: {
    bucket: 'releases',
    headline: () => 'completed',
    sections: (data) => [{ fields: [field('Completed at', at(data.completedAt)), ...(data.tag === null ? [] : [field('Tag', data.tag)])] }],
  },
  RELEASE_ARCHIVED: {
    bucket: 'releases',
    headline: (data) => `archived${by(data.by)}`,
    sections: (data) => [text(data.reason)],
  },
  TARGET_DATE_CHANGED: {
    bucket: 'releases',
    headline: (data) => `target date moved to ${at(data.after)}${by(data.by)}`,
    sections: (data) => [{ fields: [field('Before', at(data.before)), field('After', at(data.after))] }, text(data.reason)],
  },
  NEW_SLOT_ADDED: {
    bucket: 'regression',
    headline: (data) => `regression slot added at ${at(data.date)}${by(data.by)}`,
    sections: () => [],
  },
  CYCLE_ABANDONED: {
    bucket: 'regression',
    headline: (data) => `regression cycle ${data.cycle} abandoned${by(data.by)}`,
    sections: (data) => [
      { text: `${data.rcTag === null ? 'It' : `Its candidate ${data.rcTag}`} is not to be tested any more.` },
      { heading: 'Reason', ...text(data.reason) },
    ],
  },
  REGRESSION_KICKOFF_REMINDER: {
    bucket: 'regression',
    headline: (data) => `regression cycle ${data.cycle} starts at ${at(data.date)}`,
    sections: () => [{ text: 'What has to be in its candidate must be on the release branch before.' }],
  },
  MANUAL_BUILD_UPLOAD_REMINDER: {
    bucket: 'builds',
    headline: (data) => `builds of ${data.platforms.join(', ')} have to be uploaded`,
    sections: (data) => (data.deadline === null ? [] : [{ fields: [field('Until', at(data.deadline))] }]),
  },
  RELEASE_NOTES: {
    bucket: 'regression',
    headline: (data) => `changes in ${data.rcTag} (cycle ${data.cycle})`,
    sections: (data) => [text(data.text)],
  },
  BLOCKER_ADDED: {
    bucket: 'critical',
    headline: (data) => `blocker added${by(data.by)}`,
    sections: (data) => [{ fields: [field('Blocker', data.title, data.url), field('Open blockers', String(data.open))] }],
  },
  BLOCKERS_RESOLVED: {
    bucket: 'critical',
    headline: (data) => (data.resolved === 1 ? 'the blocker is resolved' : `all ${data.resolved} blockers are resolved`),
    sections: () => [{ text: 'Nothing blocks the release any more.' }],
  },
  FILE_SHARED: {
    bucket: 'builds',
    headline: (data) => `${data.name} shared${by(data.by)}`,
    sections: (data) => [
      text(data.note),
      {
        fields: [
          field('File', `${data.name} (${data.size})`, data.url),
          ...(data.until === null ? [] : [field('The link opens it until', at(data.until))]),
        ],
      },
    ],
  },
  ...gateTemplates,
  ...storeTemplates,
  ...statusTemplates,
};

/** A notification, of a release or a deployment, in our words, with what they were made of. */
export interface Notification {
  type: NotificationType | DeploymentMessageType;
  /** What a tenant's own words are filled in with. */
  data: object;
  bucket: Bucket;
  content: MessageContent;
  /** The release or the deployment; told below whatever words a tenant has for the rest. */
  about: MessageSection;
  /** How it stands by now; told below whatever words a tenant has for the rest. */
  standing?: MessageSection[];
}

/** Which channels a notification goes to, and what it says. Types that are not in the table do not compile. */
export function renderNotification<T extends NotificationType>(type: T, data: NotificationInput<T>): Notification {
  const template: Template<T> = templates[type];
  const about = aboutRelease(data.release);
  const sections = [...template.sections(data), about];
  const summary = oneLine(`${data.release.displayId}: ${template.headline(data)}`);
  return { type, data, about, bucket: template.bucket, content: { summary, sections: sections.filter(saysSomething) } };
}

export const notificationTypes = Object.keys(templates) as NotificationType[];

/** What every notification ends with. */
function aboutRelease(release: ReleaseSummary): MessageSection {
  const versions = release.versions.map(({ platform, target, version }) => field(`${platform} → ${target}`, version));
  return { fields: [field('Release', release.displayId, release.url), ...versions] };
}

const failureSection = (failures: readonly BuildFailure[]): MessageSection => ({
  heading: 'Failures',
  fields: failures.map((failure) => field(failure.platform, failure.message, failure.url)),
});

const platformField = (link: PlatformLink) => field(link.platform, link.label, link.url);

function resultField({ platform, counts, url }: TestResult): Field {
  if (counts === null) return field(platform, 'could not be read', url);
  return field(platform, `${counts.passed} of ${counts.total} passed, ${counts.failed} failed`, url);
}
