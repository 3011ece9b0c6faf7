import { createHmac, randomUUID } from 'node:crypto';

export interface WebhookTarget {
  url: string;
  secret: string;
}

export interface SentWebhook {
  event: string;
  deliveryId: string;
  /** 0 when nobody answered. */
  status: number;
}

const KEPT = 200;

/** Sends signed webhooks the way GitHub does: once, without retry, and whoever misses one must poll. */
export class WebhookSender {
  target: WebhookTarget | null = null;
  readonly sent: SentWebhook[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  /** @param hooks of the repository, besides the target that the world has set */
  send(event: string, payload: unknown, hooks: readonly WebhookTarget[]): void {
    for (const target of this.target ? [this.target, ...hooks] : hooks) {
      const delivery = this.#deliver(target, event, payload).finally(() => this.#underWay.delete(delivery));
      this.#underWay.add(delivery);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#underWay);
  }

  async #deliver(target: WebhookTarget, event: string, payload: unknown): Promise<void> {
    const body = JSON.stringify(payload);
    const deliveryId = randomUUID();
    const status = await fetch(target.url, {
      method: 'POST',
      body,
      headers: signedHeaders(target.secret, event, deliveryId, body),
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
export function signedHeaders(secret: string, event: string, deliveryId: string, body: string | Uint8Array): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/fake',
    'x-github-event': event,
    'x-github-delivery': deliveryId,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}
