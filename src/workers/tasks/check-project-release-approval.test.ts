import { describe, expect, it } from 'vitest';
import type { TicketStanding } from '../../services/execution/ticket-service.ts';
import type { TaskContext } from '../task-context.ts';
import { checkProjectReleaseApproval } from './check-project-release-approval.ts';

const standing = (change: Partial<TicketStanding> = {}): TicketStanding => ({
  ...{ key: 'REL-1', status: 'in progress', url: 'https://tracker.example/1', done: false, webhookKey: 'REL-1' },
  ...change,
});

function contextOf(standings: Record<string, TicketStanding>): TaskContext {
  const platforms = Object.keys(standings).map((ticketKey) => ({ platform: 'ANDROID', ticketKey }));
  const tickets = {
    standing: async ({ ticketKey }: { ticketKey: string }) => standings[ticketKey],
    integrationId: async () => 'TRACKER',
  };
  const release = { tenantId: 'T', platforms, config: { projectManagementConfigId: 'PM' } };
  // The handler reads no more of its context than this.
  return { release, services: { tickets }, pollMs: 60_000 } as unknown as TaskContext;
}

describe('the check of the tickets', () => {
  it('waits for those that are not done, by the name that webhooks call them', async () => {
    const context = contextOf({
      'REL-1': standing({ webhookKey: '86abc' }),
      'REL-2': standing({ key: 'REL-2', status: 'done', done: true, webhookKey: '86abd' }),
    });

    const outcome = await checkProjectReleaseApproval.run(context);

    expect(outcome).toMatchObject({ kind: 'waiting', signals: [{ integrationId: 'TRACKER', key: 'ticket:86abc' }] });
  });

  it('shows where each ticket stands, and ends when all are done', async () => {
    const outcome = await checkProjectReleaseApproval.run(contextOf({ 'REL-1': standing({ done: true, status: 'done' }) }));

    expect(outcome).toMatchObject({
      kind: 'completed',
      output: { tickets: [{ platform: 'ANDROID', key: 'REL-1', status: 'done', url: 'https://tracker.example/1', done: true }] },
    });
  });
});
