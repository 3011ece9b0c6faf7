import { createHmac, randomUUID } from 'node:crypto';
import type { FakeProject } from './project.ts';

export interface SentWebhook {
  event: string;
  deliveryId: string;
  /** 0 when nobody answered. */
  status: number;
}

const KEPT = 200;

/** Calls a project's hooks the way GitLab does: once, without retry; whoever misses one must poll. */
export class WebhookSender {
  readonly sent: SentWebhook[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  /** @param wanted the switch a hook must have on */
  send(project: FakeProject, wanted: string, event: string, payload: unknown): void {
    for (const hook of project.hooks) {
      if (!hook.events.has(wanted) || hook.alertStatus !== 'executable') continue;
      const delivery = this.#deliver(hook.url, hook.token, event, payload).finally(() => this.#underWay.delete(delivery));
      this.#underWay.add(delivery);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#underWay);
  }

  async #deliver(url: string, token: string | null, event: string, payload: unknown): Promise<void> {
    const deliveryId = randomUUID();
    const status = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(payload),
      headers: tokenHeaders(token, event, deliveryId),
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(10_000)]),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    this.sent.push({ event, deliveryId, status });
    if (this.sent.length > KEPT) this.sent.shift();
  }
}

/** The headers of a delivery; also for tests that call a webhook endpoint by themselves. */
export function tokenHeaders(token: string | null, event: string, deliveryId: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'GitLab/18.6.0',
    'idempotency-key': deliveryId,
    'x-gitlab-event': event,
    'x-gitlab-event-uuid': `event-of-${deliveryId}`,
    'x-gitlab-webhook-uuid': '6f5e0b2c-1d9f-4a43-9b0a-3f1f1f0c7e11',
    'x-gitlab-instance': 'https://gitlab.com',
    ...(token === null ? {} : { 'x-gitlab-token': token }),
  };
}

/** What a hook with a signing token sends besides: Standard Webhooks, `whsec_` and base64 of the key. */
export function signatureHeaders(
  signingToken: string,
  deliveryId: string,
  body: string | Uint8Array,
  timestamp = Math.floor(Date.now() / 1_000),
): Record<string, string> {
  const key = Buffer.from(signingToken.replace(/^whsec_/, ''), 'base64');
  const digest = createHmac('sha256', key).update(`${deliveryId}.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': deliveryId, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${digest}` };
}
