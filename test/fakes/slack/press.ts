import { createHash, createHmac } from 'node:crypto';
import { buttons } from './block-rules.ts';
import type { FakeWorkspace } from './workspace.ts';

export interface Press {
  channelId: string;
  messageId: string;
  actionId: string;
  /** Who presses. */
  personId: string;
  /** Of the app, with which Slack signs. */
  signingSecret: string;
  now?: Date;
}

/** What Slack sends when somebody presses a button of the app: a signed form with JSON in `payload`. */
export function pressRequest(workspace: FakeWorkspace, press: Press): { headers: Record<string, string>; rawBody: Buffer } {
  const { channelId, messageId, actionId, personId, signingSecret, now = new Date() } = press;
  const channel = workspace.channels.get(channelId);
  const message = channel?.messages.find(({ ts }) => ts === messageId);
  const button = message && buttons(message).find(({ action_id }) => action_id === actionId);
  if (!channel || !message || !button) throw new Error(`no button ${actionId} in ${channelId} at ${messageId}`);
  const seconds = Math.floor(now.getTime() / 1000);
  const { confirm: _confirm, ...action } = button;
  const payload = {
    type: 'block_actions',
    user: { id: personId, username: 'someone', name: 'someone', team_id: workspace.teamId },
    api_app_id: 'A000000001',
    token: 'deprecated',
    container: { type: 'message', message_ts: messageId, channel_id: channelId, is_ephemeral: false },
    trigger_id: `${seconds}.1.${createHash('sha256').update(`${messageId} ${actionId} ${personId} ${now.getTime()}`).digest('hex').slice(0, 32)}`,
    team: { id: workspace.teamId, domain: workspace.name.toLowerCase() },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channelId, name: channel.name },
    message: { type: 'message', user: message.user, ts: messageId, bot_id: message.botId, text: message.text, blocks: message.blocks },
    state: { values: {} },
    response_url: 'https://hooks.slack.com/actions/T0/1/x',
    actions: [{ ...action, action_ts: `${seconds}.${String((now.getTime() % 1000) * 1000).padStart(6, '0')}` }],
  };
  const body = String(new URLSearchParams({ payload: JSON.stringify(payload) }));
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': `v0=${createHmac('sha256', signingSecret).update(`v0:${seconds}:${body}`).digest('hex')}`,
    },
    rawBody: Buffer.from(body),
  };
}

/** Presses: sends it to the app's request URL. */
export function press(workspace: FakeWorkspace, url: string, press: Press): Promise<Response> {
  const { headers, rawBody } = pressRequest(workspace, press);
  return fetch(url, { method: 'POST', headers, body: new Uint8Array(rawBody) });
}
