import type { MessageContent, MessageSection } from '../message.ts';
import type {
  BuildFailure,
  BuildLink,
  NotificationInput,
  NotificationType,
  PlatformLink,
  ReleaseSummary,
  TestResult,
} from './notification-data.ts';
import type { Bucket } from './vocabulary.ts';

type Field = { label: string; value: string; url?: string };

/** How one type is told: where it goes, its headline, and what stands below. */
interface Template<T extends NotificationType> {
  bucket: Bucket;
  /** Goes after `REL-7: `. */
  headline: (data: NotificationInput<T>) => string;
  sections: (data: NotificationInput<T>) => MessageSection[];
}

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
    headline: (data) => `${data.rcTag} waits for approval`,
    sections: (data) => [
      { text: `Regression is over. ${data.quorum === 1 ? 'One approval is' : `${data.quorum} approvals are`} needed to go on.` },
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
};

/** Which channels a notification goes to, and what it says. Types that are not in the table do not compile. */
export function renderNotification<T extends NotificationType>(
  type: T,
  data: NotificationInput<T>,
): { bucket: Bucket; content: MessageContent } {
  const template: Template<T> = templates[type];
  const sections = [...template.sections(data), aboutRelease(data.release)];
  return {
    bucket: template.bucket,
    content: { summary: oneLine(`${data.release.displayId}: ${template.headline(data)}`), sections: sections.filter(saysSomething) },
  };
}

export const notificationTypes = Object.keys(templates) as NotificationType[];

function aboutRelease(release: ReleaseSummary): MessageSection {
  const versions = release.versions.map(({ platform, target, version }) => field(`${platform} → ${target}`, version));
  return { fields: [field('Release', release.displayId, release.url), ...versions] };
}

const buildSection = (builds: readonly BuildLink[]): MessageSection => ({
  heading: 'Builds',
  fields: builds.map((build) => field(build.platform, build.version, build.artifactUrl ?? build.url)),
});

const failureSection = (failures: readonly BuildFailure[]): MessageSection => ({
  heading: 'Failures',
  fields: failures.map((failure) => field(failure.platform, failure.message, failure.url)),
});

const platformField = (link: PlatformLink) => field(link.platform, link.label, link.url);

function resultField({ platform, counts, url }: TestResult): Field {
  if (counts === null) return field(platform, 'could not be read', url);
  return field(platform, `${counts.passed} of ${counts.total} passed, ${counts.failed} failed`, url);
}

function field(label: string, value: string, url: string | null = null): Field {
  return url === null ? { label, value } : { label, value, url };
}

const text = (value: string | null): { text?: string } => (value === null || value.trim() === '' ? {} : { text: value });
const by = (name: string | null) => (name === null ? '' : ` by ${name}`);
const short = (sha: string) => sha.slice(0, 10);
const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
/** `2025-06-02 09:30 UTC`: a channel's readers live in several zones. */
const at = (iso: string) => `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const oneLine = (value: string) => value.replaceAll(/\s+/g, ' ').trim();
const saysSomething = (section: MessageSection) => section.text !== undefined || (section.fields ?? []).length > 0;
