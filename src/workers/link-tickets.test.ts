import { describe, expect, it } from 'vitest';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import { linkTickets } from './link-tickets.ts';
import type { TaskContext } from './task-context.ts';

const link = { url: 'https://git.example/acme/app/releases/v1.4.0', title: 'Release notes of v1.4.0' };

interface Situation {
  configId?: string | null;
  keys?: (string | null)[];
  troubleWith?: (key: string) => Error | null;
}

/** The tickets of a release, and what was attached to them. */
function situation({ configId = 'PM', keys = ['SHOP-1', 'SHOP-2'], troubleWith = () => null }: Situation) {
  const attached: string[] = [];
  const tickets = {
    async link({ ticketKey, url, title }: { ticketKey: string; url: string; title: string }) {
      const trouble = troubleWith(ticketKey);
      if (trouble !== null) throw trouble;
      attached.push(`${ticketKey}: ${title} <${url}>`);
    },
  };
  const platforms = keys.map((ticketKey, index) => ({ platform: ['ANDROID', 'IOS', 'WEB'][index], ticketKey }));
  // No more of a context is read.
  const context = {
    release: { tenantId: 'T', config: { projectManagementConfigId: configId }, platforms },
    services: { tickets },
  } as unknown as TaskContext;
  return { context, attached };
}

describe('linking the tickets of a release', () => {
  it('attaches the address to each, once', async () => {
    const { context, attached } = situation({ keys: ['SHOP-1', 'SHOP-2', 'SHOP-1'] });

    const linked = await linkTickets(context, link);

    expect(attached).toEqual(['SHOP-1', 'SHOP-2'].map((key) => `${key}: ${link.title} <${link.url}>`));
    expect(linked).toEqual(['SHOP-1', 'SHOP-2'].map((key) => ({ key, linked: true, why: null })));
  });

  it('leaves out platforms without a ticket, and releases without a tracker', async () => {
    const [some, none] = [situation({ keys: [null, 'SHOP-2'] }), situation({ configId: null })];

    expect(await linkTickets(some.context, link)).toEqual([{ key: 'SHOP-2', linked: true, why: null }]);
    expect(await linkTickets(none.context, link)).toEqual([]);
    expect(none.attached).toEqual([]);
  });

  it('tells the trouble of a tracker beside the ticket, and goes on with the others: nothing of the release depends on it', async () => {
    const gone = new ProviderError('not-found', 'jira: issue SHOP-1 does not exist', { provider: 'jira' });
    const { context, attached } = situation({ troubleWith: (key) => (key === 'SHOP-1' ? gone : null) });

    const linked = await linkTickets(context, link);

    expect(linked).toEqual([
      { key: 'SHOP-1', linked: false, why: gone.message },
      { key: 'SHOP-2', linked: true, why: null },
    ]);
    expect(attached).toHaveLength(1);
  });

  it('hides no fault of ours', async () => {
    const { context } = situation({ troubleWith: () => new Error('ours') });

    await expect(linkTickets(context, link)).rejects.toThrow('ours');
  });
});
