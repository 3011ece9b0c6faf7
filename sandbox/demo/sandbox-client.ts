import { z } from 'zod';

/** The running sandbox, from the JSON line it printed. */

const text = z.string();
const connection = z.object({
  ...{ origin: text, provider: text, displayName: text, baseUrl: text },
  ...{ credentials: z.record(text, text), settings: z.record(text, text) },
});
export const sandboxLine = z.object({
  scm: connection,
  ci: connection.extend({
    workflows: z.array(z.object({ platform: text, workflowType: text, workflowId: text, displayName: text, inputs: z.record(text, text) })),
  }),
  github: z.object({ origin: text, token: text, owner: text, repo: text }),
  jira: z.object({ origin: text, email: text, token: text, project: text }),
  checkmate: z.object({
    ...{ origin: text, token: text, projectId: z.number() },
    labels: z.object({ smoke: z.number(), regression: z.number() }),
    platforms: z.object({ ANDROID: z.number(), IOS: z.number() }),
  }),
  slack: z.object({ origin: text, baseUrl: text, token: text, channels: z.record(text, text) }),
  control: z.object({ origin: text }),
});

const effects = z.object({
  counts: z.record(text, z.number()),
  duplicates: z.array(text),
  branches: z.array(z.object({ name: text, seeded: z.boolean() })),
  tags: z.array(z.object({ name: text, seeded: z.boolean() })),
  releases: z.array(z.object({ tag: text })),
  tickets: z.array(z.object({ key: text, status: text, seeded: z.boolean() })),
  webhooks: z.object({ sent: z.number(), failed: z.array(z.unknown()) }),
});

export interface SandboxClient {
  pointWebhooks(targets: Record<'scm' | 'ci' | 'jira', { url: string; secret: string }[]>): Promise<void>;
  rememberReleases(tags: readonly string[]): Promise<void>;
  effects(): Promise<z.infer<typeof effects>>;
}

export function sandboxAt(origin: string): SandboxClient {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${origin}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`the sandbox refused ${method} ${path}: ${response.status} ${answer}`);
    return answer === '' ? undefined : JSON.parse(answer);
  }
  return {
    pointWebhooks: async (targets) => void (await call('POST', '/webhooks', targets)),
    rememberReleases: async (tags) => void (await call('POST', '/history', { tags })),
    effects: async () => effects.parse(await call('GET', '/effects')),
  };
}
