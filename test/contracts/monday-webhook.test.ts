import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../src/integrations/capabilities/webhook-source.ts';
import { monday } from '../../src/integrations/providers/monday/index.ts';
import { mondayWebhook } from '../../src/integrations/providers/monday/webhook.ts';
import { type WebhookHarness, webhookSourceContract } from './webhook-source.contract.ts';

const secret = '8f1c2a5e9b7d4f3a6c0e1d2b3a4f5e6d';
const now = new Date('2026-11-21T12:00:00Z');
const subject = mondayWebhook(() => now);

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(claims: Record<string, unknown> = {}, header: Record<string, unknown> = { alg: 'HS256', typ: 'JWT' }, key = secret): string {
  const seconds = now.getTime() / 1000;
  const all = {
    accountId: 1825529,
    userId: 4012689,
    aud: 'https://signalbox.example.com/hook',
    iat: seconds,
    exp: seconds + 300,
    ...claims,
  };
  const signed = `${encoded(header)}.${encoded(all)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

function request(body: unknown, authorization: string | undefined = jwt()): WebhookRequest {
  const rawBody = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { rawBody, headers: { 'content-type': 'application/json', authorization } };
}

const changed = {
  userId: 9603417,
  boardId: 1771812698,
  pulseId: 1772099344,
  pulseName: 'Release 4.2.0',
  groupId: 'topics',
  columnId: 'status',
  columnType: 'color',
  columnTitle: 'Status',
  value: { label: { index: 1, text: 'Done', style: { color: '#00c875' } }, post_id: null },
  previousValue: null,
  changedAt: 1605712069.123,
  app: 'monday',
  triggerTime: '2026-11-21T11:59:59.000Z',
  subscriptionId: 73759690,
};

webhookSourceContract(
  'monday',
  async (): Promise<WebhookHarness> => ({
    subject,
    secret,
    deliver: ({ event, payload }, deliveryId) => request({ event: { type: event, triggerUuid: deliveryId, ...(payload as object) } }),
    hints: [
      { name: 'a status changes', sample: { event: 'update_column_value', payload: changed }, keys: ['ticket:1772099344'] },
      { name: 'an item is deleted', sample: { event: 'delete_pulse', payload: { itemId: 1772099344 } }, keys: ['ticket:1772099344'] },
    ],
    ignored: { event: 'create_column', payload: { boardId: 1771812698, columnId: 'text_1' } },
    close: async () => undefined,
  }),
  {
    skip: [
      {
        reason: 'the token of monday says who sends and until when; it does not cover the body, which is only a hint where to look',
        tests: ['every altered byte of the body fails'],
      },
    ],
  },
);

describe('monday webhook', () => {
  it('takes a token that is sent as bearer, and one that ended a moment ago', () => {
    const ended = now.getTime() / 1000 - 30;

    expect(subject.verify(request({}, `Bearer ${jwt()}`), secret)).toBe(true);
    expect(subject.verify(request({}, jwt({ exp: ended })), secret)).toBe(true);
  });

  it('refuses a token that ended, never ends, or is signed by nobody', () => {
    const ended = now.getTime() / 1000 - 61;
    const none = `${encoded({ alg: 'none' })}.${encoded({ exp: 9_999_999_999 })}.`;

    for (const token of [jwt({ exp: ended }), jwt({ exp: undefined }), jwt({ exp: 'later' }), none, jwt({}, undefined, 'another')]) {
      expect(subject.verify(request({}, token), secret)).toBe(false);
    }
  });

  it('refuses webhooks of personal tokens, which carry no signature', () => {
    expect(subject.verify({ ...request({ event: changed }), headers: { 'content-type': 'application/json' } }, secret)).toBe(false);
  });

  it('refuses every altered character of the token', () => {
    const token = jwt();

    for (let index = 0; index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A';
      const altered = `${token.slice(0, index)}${other}${token.slice(index + 1)}`;
      expect(subject.verify(request({}, altered), secret)).toBe(false);
    }
  });

  it('gives the same event by two webhooks of a board two ids', () => {
    const by = (subscriptionId: number) => subject.deliveryId(request({ event: { ...changed, subscriptionId, triggerUuid: 'abc' } }));

    expect(by(1)).not.toBe(by(2));
  });

  it('says what changed, for people', () => {
    const [hint] = subject.parse(request({ event: { type: 'update_column_value', ...changed } })).hints;

    expect(hint?.summary).toBe('monday: item 1772099344 update_column_value (Status → Done)');
  });

  it('answers the question of monday whether the address is ours, and no other body', () => {
    expect(subject.challenge?.(request({ challenge: 'YQIn0dCoBu2zspb4_7-BBA' }, undefined))).toEqual({
      json: { challenge: 'YQIn0dCoBu2zspb4_7-BBA' },
      unsigned: true,
    });
    for (const body of [{ event: changed }, { challenge: 'a', event: {} }, { challenge: '<script>' }, { challenge: 7 }, 'null', '']) {
      expect(subject.challenge?.(request(body))).toBeNull();
    }
  });

  it('tells people which webhooks are signed, and never a secret', () => {
    const steps = monday.webhookInstructions?.({ url: 'https://signalbox.example.com/hook' }) ?? [];

    expect(steps.join('\n')).toContain('https://signalbox.example.com/hook');
    expect(steps.join('\n')).toContain('Signing Secret');
  });
});
