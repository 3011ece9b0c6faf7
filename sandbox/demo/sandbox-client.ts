import { z } from 'zod';
import type { Targets } from './webhooks.ts';

/** The running sandbox, from the JSON line it printed. */

const text = z.string();
const connection = z.object({
  ...{ origin: text, provider: text, displayName: text, baseUrl: text },
  ...{ credentials: z.record(text, text), settings: z.record(text, text) },
});
const rolloutPlan = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('phased') }),
  z.object({ kind: z.literal('staged'), steps: z.array(z.object({ percent: z.number(), waitMinutes: z.number().nullable() })) }),
]);
const store = connection.extend({
  place: z.object({ target: z.enum(['PLAY_STORE', 'APP_STORE']), appId: text, track: text, uploadBy: z.enum(['CI', 'SIGNALBOX']) }),
  rolloutPlan,
});
export const sandboxLine = z.object({
  scm: connection,
  ci: connection.extend({
    workflows: z.array(z.object({ platform: text, workflowType: text, workflowId: text, displayName: text, inputs: z.record(text, text) })),
  }),
  tracker: connection.extend({ place: z.object({ project: text, issueType: text, completedStatus: text }) }),
  stores: z.array(store),
  github: z.object({ origin: text, token: text, owner: text, repo: text }),
  checkmate: z.object({
    ...{ origin: text, token: text, projectId: z.number() },
    labels: z.object({ smoke: z.number(), regression: z.number() }),
    platforms: z.object({ ANDROID: z.number(), IOS: z.number() }),
  }),
  slack: z.object({ origin: text, baseUrl: text, token: text, channels: z.record(text, text) }),
  control: z.object({ origin: text }),
});

const effects = z.object({
  tracker: text,
  counts: z.record(text, z.number()),
  duplicates: z.array(text),
  branches: z.array(z.object({ name: text, seeded: z.boolean() })),
  tags: z.array(z.object({ name: text, seeded: z.boolean() })),
  releases: z.array(z.object({ tag: text })),
  tickets: z.array(z.object({ key: text, status: text, seeded: z.boolean() })),
  stores: z.array(z.object({ store: text, version: text, state: text, percent: z.number().nullable(), submissions: z.number() })),
  webhooks: z.object({ sent: z.number(), failed: z.array(z.unknown()) }),
});

export interface SandboxClient {
  pointWebhooks(targets: Targets): Promise<void>;
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
