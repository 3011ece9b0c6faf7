import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { slackWebhook } from './webhook.ts';

const now = new Date('2026-01-01T00:00:00.000Z');
const webhook = slackWebhook(() => now);

function signed(body: string, ageSeconds = 0, contentType = 'application/json') {
  const timestamp = String(now.getTime() / 1000 - ageSeconds);
  const signature = `v0=${createHmac('sha256', 'secret').update(`v0:${timestamp}:${body}`).digest('hex')}`;
  const headers = { 'content-type': contentType, 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
  return { headers, rawBody: Buffer.from(body) };
}

const form = (fields: Record<string, string>) => signed(String(new URLSearchParams(fields)), 0, 'application/x-www-form-urlencoded');

describe('verify', () => {
  it('accepts the example of Slack’s own page', () => {
    const secret = '8f742231b10e8888abcd99yyyzzz85a5';
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const headers = {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    };

    const then = slackWebhook(() => new Date(1_531_420_618_000));

    expect(then.verify({ headers, rawBody: Buffer.from(body) }, secret)).toBe(true);
  });

  it.each([
    [299, true],
    [-299, true],
    [301, false],
    [-301, false],
  ])('of a delivery %i seconds old: %s', (age, expected) => {
    expect(webhook.verify(signed('{}', age), 'secret')).toBe(expected);
  });

  it('covers the timestamp', () => {
    const request = signed('{}', 60);
    const headers = { ...request.headers, 'x-slack-request-timestamp': String(now.getTime() / 1000) };

    expect(webhook.verify({ ...request, headers }, 'secret')).toBe(false);
  });

  it.each(['', 'NaN', '1e9', '-1', 'Infinity'])('refuses the timestamp %j', (timestamp) => {
    const request = signed('{}');

    expect(webhook.verify({ ...request, headers: { ...request.headers, 'x-slack-request-timestamp': timestamp } }, 'secret')).toBe(false);
  });
});

describe('challenge', () => {
  it('is handed out for url_verification', () => {
    expect(webhook.challenge(signed('{"type":"url_verification","challenge":"abc"}'))).toBe('abc');
  });

  it.each(['{"type":"event_callback","challenge":"abc"}', '{"type":"url_verification"}', 'null', 'x'])('is null for %s', (body) => {
    expect(webhook.challenge(signed(body))).toBeNull();
  });
});

describe('parse', () => {
  it('names interactions and slash commands by what they are', () => {
    expect(webhook.parse(form({ payload: '{"type":"block_actions"}' })).event).toBe('block_actions');
    expect(webhook.parse(form({ command: '/signalbox', text: 'status' })).event).toBe('/signalbox');
    expect(webhook.parse(signed('{"type":"url_verification"}')).event).toBe('url_verification');
  });
});

describe('deliveryId', () => {
  const press = { user: { id: 'U1' }, channel: { id: 'C1' }, message: { ts: '1.2' } };
  const pressed = (action: object, more: object = {}) => {
    const actions = [{ type: 'button', action_id: 'a', value: 'v', ...action }];
    return webhook.deliveryId(form({ payload: JSON.stringify({ type: 'block_actions', ...press, actions, ...more }) }));
  };

  it('of a press is when it was pressed, and by whom', () => {
    const one = pressed({ action_ts: '10.1' }, { trigger_id: 't1', response_url: 'https://example.com/1' });

    expect(pressed({ action_ts: '10.1' }, { trigger_id: 't2', response_url: 'https://example.com/2' })).toBe(one);
    expect(pressed({ action_ts: '10.2' }, { trigger_id: 't1' })).not.toBe(one);
    expect(pressed({ action_ts: '10.1' }, { trigger_id: 't1', user: { id: 'U2' } })).not.toBe(one);
    expect(one.length).toBeLessThanOrEqual(255);
  });

  it('of a press without a time is its trigger', () => {
    expect(pressed({}, { trigger_id: 't1' })).toBe(pressed({}, { trigger_id: 't1' }));
    expect(pressed({}, { trigger_id: 't1' })).not.toBe(pressed({}, { trigger_id: 't2' }));
  });

  it('of a slash command is a digest of its body', () => {
    expect(webhook.deliveryId(form({ command: '/signalbox', text: 'a' }))).not.toBe(
      webhook.deliveryId(form({ command: '/signalbox', text: 'b' })),
    );
  });
});
