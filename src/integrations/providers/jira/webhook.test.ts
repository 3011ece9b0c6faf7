import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../capabilities/webhook-source.ts';
import { jiraWebhook } from './webhook.ts';
import { jiraWebhookInstructions } from './webhook-instructions.ts';

const secret = 'JHxgnYF8Ks2mQ0pLwZ';

function request(body: unknown, headers: Record<string, string> = {}): WebhookRequest {
  const rawBody = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const signature = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
  return { rawBody, headers: { 'x-hub-signature': signature, 'x-atlassian-webhook-identifier': 'd-1', ...headers } };
}

const updated = {
  timestamp: 1767225600000,
  webhookEvent: 'jira:issue_updated',
  issue_event_type_name: 'issue_generic',
  issue: { id: '10001', key: 'APP-1', fields: { status: { name: 'Done' } } },
  changelog: { id: '1', items: [{ field: 'status', fieldtype: 'jira', from: '1', fromString: 'To Do', to: '3', toString: 'Done' }] },
};

describe('jira webhook verify', () => {
  it('takes the signature of the body as received', () => {
    expect(jiraWebhook.verify(request(updated), secret)).toBe(true);
  });

  it('refuses an altered byte, another secret, no signature and another method', () => {
    const good = request(updated);
    const altered = Uint8Array.from(good.rawBody, (byte, index) => (index === 10 ? byte ^ 1 : byte));
    const plain = createHmac('sha256', secret).update(good.rawBody).digest('hex');

    expect(jiraWebhook.verify({ ...good, rawBody: altered }, secret)).toBe(false);
    expect(jiraWebhook.verify(good, 'another secret')).toBe(false);
    expect(jiraWebhook.verify({ ...good, headers: {} }, secret)).toBe(false);
    expect(jiraWebhook.verify(request(updated, { 'x-hub-signature': `sha1=${plain}` }), secret)).toBe(false);
  });
});

describe('jira webhook deliveryId', () => {
  it('is the same for a retry of the delivery and another for another', () => {
    const retry = request(updated, { 'x-atlassian-webhook-retry': '1' });

    expect(jiraWebhook.deliveryId(retry)).toBe(jiraWebhook.deliveryId(request(updated)));
    expect(jiraWebhook.deliveryId(request(updated, { 'x-atlassian-webhook-identifier': 'd-2' }))).not.toBe('d-1');
  });

  it('is a digest of the body where Jira sends none', () => {
    const without = (body: unknown) => jiraWebhook.deliveryId({ ...request(body), headers: {} });

    expect(without(updated)).toMatch(/^[0-9a-f]{64}$/);
    expect(without(updated)).toBe(without(updated));
    expect(without({ ...updated, timestamp: 1 })).not.toBe(without(updated));
  });
});

describe('jira webhook parse', () => {
  it('hints at the ticket and says what Jira says happened', () => {
    expect(jiraWebhook.parse(request(updated))).toEqual({
      event: 'jira:issue_updated',
      hints: [{ key: 'ticket:APP-1', summary: 'Jira: APP-1 jira:issue_updated (To Do → Done)' }],
    });
  });

  it('hints at the former key of a ticket that moved to another project', () => {
    const moved = { ...updated, issue: { key: 'WEB-9' }, changelog: { items: [{ field: 'Key', fromString: 'APP-1', toString: 'WEB-9' }] } };

    expect(jiraWebhook.parse(request(moved)).hints.map((hint) => hint.key)).toEqual(['ticket:WEB-9', 'ticket:APP-1']);
  });

  it('has no hints for events that are not about a ticket', () => {
    expect(jiraWebhook.parse(request({ webhookEvent: 'sprint_started', sprint: { id: 4 } }))).toEqual({
      event: 'sprint_started',
      hints: [],
    });
  });

  it.each(['', 'not json', 'null', '[]', '7', '{"webhookEvent":7,"issue":{"key":8}}', '{"issue":"x","changelog":{"items":3}}'])(
    'does not throw on %j',
    (body) => {
      expect(jiraWebhook.parse(request(body)).hints).toEqual([]);
    },
  );

  it('reads a ticket whose changelog is odd', () => {
    const odd = { webhookEvent: 'jira:issue_updated', issue: { key: 'APP-1' }, changelog: { items: [null, 7, { field: 'status' }] } };

    expect(jiraWebhook.parse(request(odd)).hints).toEqual([{ key: 'ticket:APP-1', summary: 'Jira: APP-1 jira:issue_updated (? → ?)' }]);
  });
});

describe('jira webhook instructions', () => {
  it('name the address, the secret and the events', () => {
    const text = jiraWebhookInstructions({ url: 'https://signalbox.example.com/hook/1' }).join('\n');

    expect(text).toContain('`https://signalbox.example.com/hook/1`');
    expect(text).toContain('webhook secret of this connection');
    for (const event of ['created', 'updated', 'deleted']) expect(text).toContain(`*${event}*`);
  });
});
