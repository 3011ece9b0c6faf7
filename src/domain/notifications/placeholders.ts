import { examples } from './examples.ts';
import type { MessageType } from './message-types.ts';

/** What a template of a type may name. */
export interface Placeholder {
  /** `release.displayId`, `deployment.displayId`; within a list's section the rest after the list: `builds.version` is `{{version}}` inside `{{#builds}}`. */
  path: string;
  kind: 'value' | 'list';
  description: string;
  /** Of a value. */
  example: string | null;
}

const descriptions: Readonly<Record<string, string>> = {
  after: 'The new date',
  app: 'The app that is deployed',
  artifactUrl: 'Where the artifact can be fetched',
  baseBranch: 'Branch that the release branch comes from',
  before: 'The old date',
  branch: 'The release branch',
  buildNumber: 'What the store tells the build apart by',
  builds: 'The builds, one per platform',
  by: 'Who did it',
  commit: 'Full commit id',
  commits: 'The commits',
  completedAt: 'When it ended',
  counts: 'How many tests passed, failed, were there',
  critical: 'Whether it goes to the channels for what is critical',
  cycle: 'Number of the regression cycle',
  date: 'When',
  deadline: 'Until when',
  displayId: 'Name of the release (REL-7) or of the deployment (DEP-7)',
  done: 'How many of its tasks are done',
  endedAt: 'When the release ended',
  environment: 'Where it is deployed to',
  failed: 'How many failed',
  failure: 'Why it did not succeed',
  failures: 'What failed, one per platform',
  fraction: 'Share of the users, 0 to 1',
  from: 'Version that serves before',
  gate: '`pre-release` or `distribution`',
  groups: 'Groups that must be among those who approve',
  how: '`skipped` or `completed`',
  id: 'Its id',
  kickOffDate: 'When the branch is cut',
  kind: 'DEPLOY, PROMOTE or ROLLBACK',
  label: 'Its name',
  lacking: 'What is measured, and shows nothing',
  links: 'Branch, candidate, tickets and the like',
  message: 'What happened',
  missing: 'How many approvals there are, and how many are needed',
  name: 'What it is called',
  note: 'What the person said',
  notes: 'Notes of the candidate',
  notesUrl: 'Page of the notes',
  number: 'The how-manieth it is',
  open: 'How many blockers are open',
  outside: 'Whether it was done in the console of the store',
  passed: 'How many passed',
  people: 'Who is called upon',
  platform: 'ANDROID, IOS or WEB',
  platforms: 'The platforms',
  progress: 'The stages that have begun',
  promotes: 'Whether all traffic comes next',
  quorum: 'How many approvals are needed',
  rcTag: 'Tag of the candidate',
  reason: 'Why',
  reasons: 'Why it is paused',
  remedy: 'What to do about it',
  requestedBy: 'Who asked for it',
  resolved: 'How many blockers there were',
  results: 'Test results, one per platform',
  service: 'Service whose rollout it is',
  services: 'The services of the deployment',
  sha: 'Full commit id',
  since: 'Since when people are asked',
  size: 'How large it is',
  stage: 'Stage of the release',
  status: 'How it stands',
  step: 'Step that the rollout is on, from 1',
  steps: 'How many steps the rollout has',
  stores: 'The stores, one per target',
  subject: 'First line of the commit message',
  tag: 'Tag of the release',
  takenBackAt: 'When it is taken back unless a person goes on',
  target: 'PLAY_STORE, APP_STORE or WEB',
  targetReleaseDate: 'When the release is to be out',
  testRuns: 'Test runs, one per platform',
  text: 'The notes',
  thresholdPercent: 'Share of the tests that must pass',
  tickets: 'Tickets, one per platform',
  title: 'Its title',
  to: 'Version that it changes to',
  total: 'How many there are',
  type: 'Its type',
  unmet: 'Requirements that did not hold, with their evidence',
  until: 'Until when the link opens it',
  url: 'Its page',
  value: 'What it is',
  version: 'Version that goes out',
  versions: 'Platforms, targets and versions of the release',
  waits: 'Whether it goes on by itself once the connection is mended',
  waitsFor: 'What it waits for, in one sentence',
  weight: 'Share of the traffic that the new version has, per cent',
};

/** Every placeholder of a type, in the order of its data. */
export function placeholdersOf(type: MessageType): Placeholder[] {
  return within('', examples[type]);
}

function within(prefix: string, value: unknown): Placeholder[] {
  return Object.entries(value as Record<string, unknown>).flatMap(([name, child]) => {
    const path = `${prefix}${name}`;
    if (Array.isArray(child)) return [{ ...described(path, name), kind: 'list', example: null }, ...ofItems(path, child[0])];
    if (typeof child === 'object' && child !== null) return within(`${path}.`, child);
    return [{ ...described(path, name), kind: 'value', example: String(child) }];
  });
}

/** The items of a list of plain values are `{{.}}`. */
function ofItems(path: string, item: unknown): Placeholder[] {
  if (typeof item === 'object' && item !== null) return within(`${path}.`, item);
  return [{ path: `${path}..`, description: 'Each of them, as {{.}}', kind: 'value', example: String(item) }];
}

const described = (path: string, name: string) => ({ path, description: descriptions[name] ?? name });
