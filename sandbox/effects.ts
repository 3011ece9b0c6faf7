import { readable } from '../test/fakes/slack/index.ts';
import type { Fakes } from './fakes.ts';
import { nameOf, type RunEffect } from './hosts/host.ts';
import type { StoreEffect } from './stores/store.ts';
import type { SandboxTenant } from './tenant.ts';
import type { TicketEffect } from './trackers/tracker.ts';

/** What the providers hold of one tenant, as plain data. `seeded`: was there before anybody did anything. */
export interface TenantEffects {
  tenant: string;
  /** Where its tickets are: `Jira`. */
  tracker: string;
  /** Of what came after seeding. */
  counts: Record<'branches' | 'tags' | 'releases' | 'runs' | 'tickets' | 'testRuns' | 'messages', number>;
  /** Effects that must exist once and exist more often, in words; empty when all is well. */
  duplicates: string[];
  branches: { name: string; commit: string; seeded: boolean }[];
  tags: { name: string; commit: string; annotated: boolean; seeded: boolean }[];
  releases: { tag: string; name: string; body: string }[];
  runs: RunEffect[];
  tickets: (TicketEffect & { seeded: boolean })[];
  stores: StoreEffect[];
  testRuns: { id: number; name: string; status: string; results: Record<string, number> }[];
  messages: { channel: string; ts: string; text: string; threadTs: string | null; edited: boolean; key: string | null; seeded: boolean }[];
}

export function effectsOf(tenant: SandboxTenant, fakes: Fakes): TenantEffects {
  const { repository, workspace, seeded } = tenant;
  const { git } = repository;
  const lists = {
    branches: [...git.branches].map(([name, commit]) => ({ name, commit, seeded: seeded.has(`branch ${name}`) })),
    tags: [...git.tags].map(([name, target]) => ({
      ...{ name, commit: git.peel(target) ?? '', annotated: git.tagObjects.has(target), seeded: seeded.has(`tag ${name}`) },
    })),
    releases: tenant.code.releases(),
    runs: tenant.builds.runs(),
    tickets: tenant.tickets.all().map((ticket) => ({ ...ticket, seeded: seeded.has(`ticket ${ticket.key}`) })),
    testRuns: fakes.checkmate.world
      .runs()
      .filter(({ projectId }) => projectId === tenant.checkmate.projectId)
      .map(({ runId, runName, status, tests }) => ({
        id: runId,
        name: runName,
        status,
        results: tally([...tests.values()].map((test) => test.status)),
      })),
    messages: [...workspace.channels.values()].flatMap((channel) =>
      channel.messages.map((message) => ({
        channel: channel.name,
        ts: message.ts,
        text: readable(message),
        threadTs: message.threadTs ?? null,
        edited: message.isEdited,
        key: message.blocks?.map(({ block_id }) => block_id).find((id) => id?.startsWith('signalbox:')) ?? null,
        seeded: seeded.has(`message ${channel.id} ${message.ts}`),
      })),
    ),
  };
  return {
    ...{ tenant: tenant.name, tracker: nameOf(tenant.tracker), counts: countsOf(lists), duplicates: duplicatesOf(lists) },
    ...lists,
    stores: tenant.stores.flatMap((store) => store.all()),
  };
}

type Lists = Omit<TenantEffects, 'tenant' | 'tracker' | 'stores' | 'counts' | 'duplicates'>;

function countsOf(lists: Lists): TenantEffects['counts'] {
  const entries = Object.entries(lists).map(([name, list]) => [name, list.filter((item) => !('seeded' in item && item.seeded)).length]);
  // The keys are those of the lists, which are those of the counts.
  return Object.fromEntries(entries) as TenantEffects['counts'];
}

/** What carries a mark of Signalbox may carry it once. */
function duplicatesOf({ releases, runs, tickets, testRuns, messages }: Lists): string[] {
  const marks = [
    ...releases.map(({ tag }) => `release of ${tag}`),
    ...runs.flatMap(({ workflow, correlationId }) => (correlationId === null ? [] : [`run of ${workflow} with ${correlationId}`])),
    ...tickets.flatMap(({ mark, seeded }) => (mark === null || seeded ? [] : [`ticket with ${mark}`])),
    ...tickets.flatMap(({ title, seeded }) => (seeded ? [] : [`ticket "${title}"`])),
    ...testRuns.filter(({ status }) => status !== 'Deleted').map(({ name }) => `test run "${name}"`),
    ...messages.flatMap(({ channel, key }) => (key === null ? [] : [`message ${key} in #${channel}`])),
  ];
  return Object.entries(tally(marks)).flatMap(([mark, times]) => (times > 1 ? [`${times} × ${mark}`] : []));
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Marks what is there now as there from the beginning. */
export function markSeeded(tenant: SandboxTenant, fakes: Fakes): void {
  const { branches, tags, tickets, messages } = effectsOf(tenant, fakes);
  for (const { name } of branches) tenant.seeded.add(`branch ${name}`);
  for (const { name } of tags) tenant.seeded.add(`tag ${name}`);
  for (const { key } of tickets) tenant.seeded.add(`ticket ${key}`);
  const ids = new Map([...tenant.workspace.channels.values()].map(({ id, name }) => [name, id]));
  for (const { channel, ts } of messages) tenant.seeded.add(`message ${ids.get(channel)} ${ts}`);
}
