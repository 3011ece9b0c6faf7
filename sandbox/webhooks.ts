import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { type FakeRequest, startFakeServer } from '../test/fakes/fake-server.ts';
import { signedHeaders } from '../test/fakes/github/index.ts';

/**
 * Webhooks of the sandbox. The fake GitHub knows one address for all repositories; it is this relay, which passes each delivery on to
 * whatever addresses the repository's tenant has set up, signed with their secrets, under the delivery id it came with.
 */

export interface WebhookTarget {
  url: string;
  secret: string;
}

export interface SentWebhook {
  /** Id of the provider. */
  provider: string;
  event: string;
  deliveryId: string;
  /** 0 when nobody answered. */
  status: number;
}

export interface Webhooks {
  /** Where the fake GitHub sends everything. */
  source: WebhookTarget;
  /** `fullName`: owner/repo. Replaces what was set before. */
  point(fullName: string, targets: readonly WebhookTarget[]): void;
  github(fullName: string, event: string, payload: unknown): void;
  /** One delivery as it is, for providers whose hooks know their addresses themselves. */
  send(url: string, delivery: Omit<SentWebhook, 'status'>, headers: Record<string, string>, payload: object): void;
  readonly sent: readonly SentWebhook[];
  close(): Promise<void>;
}

const KEPT = 500;
const TIMEOUT_MS = 10_000;

export async function createWebhooks(): Promise<Webhooks> {
  const secret = randomBytes(16).toString('hex');
  const byRepository = new Map<string, readonly WebhookTarget[]>();
  const sent: SentWebhook[] = [];
  const underWay = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const server = await startFakeServer({ maxCalls: 1 });
  server.route('POST', '/github', async (request) => {
    if (!isSigned(request, secret)) return { status: 401 };
    const fullName = (request.body as { repository?: { full_name?: string } }).repository?.full_name ?? '';
    const event = header(request, 'x-github-event');
    const statuses = await Promise.all(
      targetsOf(fullName).map((target) => deliverGithub(target, event, header(request, 'x-github-delivery'), request.rawBody)),
    );
    return { status: statuses.find((status) => status >= 300 || status === 0) || 202 };
  });

  const targetsOf = (fullName: string) => byRepository.get(fullName.toLowerCase()) ?? [];

  async function deliver(
    target: Pick<WebhookTarget, 'url'>,
    delivery: Omit<SentWebhook, 'status'>,
    headers: Record<string, string>,
    body: Buffer,
  ) {
    const status = await fetch(target.url, {
      ...{ method: 'POST', headers, body: new Uint8Array(body) },
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    sent.push({ ...delivery, status });
    if (sent.length > KEPT) sent.shift();
    return status;
  }

  function deliverGithub(target: WebhookTarget, event: string, deliveryId: string, body: Buffer): Promise<number> {
    return deliver(target, { provider: 'github', event, deliveryId }, signedHeaders(target.secret, event, deliveryId, body), body);
  }

  function track(deliveries: Promise<number>[]): void {
    const all: Promise<unknown> = Promise.all(deliveries).finally(() => underWay.delete(all));
    underWay.add(all);
  }

  return {
    source: { url: `${server.origin}/github`, secret },
    sent,
    point(fullName, targets) {
      byRepository.set(fullName.toLowerCase(), targets);
    },
    github(fullName, event, payload) {
      const body = Buffer.from(JSON.stringify(payload));
      track(targetsOf(fullName).map((target) => deliverGithub(target, event, randomUUID(), body)));
    },
    send(url, delivery, headers, payload) {
      track([deliver({ url }, delivery, headers, Buffer.from(JSON.stringify(payload)))]);
    },
    async close() {
      closing.abort();
      await Promise.all(underWay);
      await server.close();
    },
  };
}

function isSigned(request: FakeRequest, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(request.rawBody).digest('hex')}`);
  const given = Buffer.from(header(request, 'x-hub-signature-256'));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function header(request: FakeRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
