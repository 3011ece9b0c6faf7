import { describe, expect } from 'vitest';
import type { WebhookRegistrar } from '../../src/integrations/capabilities/webhook-registrar.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, type ContractTests, contractTests } from './adapter-harness.ts';
import type { ContractSkip } from './contract-case.ts';
import { faultTests } from './fault-cases.ts';
import { ten, writes } from './source-control-world.ts';

/** Hooks at the provider, seen without the adapter. */
export interface WebhookRegistrarWorld {
  hooks(): { id: string; url: string; secret: string | null; active: boolean; events: string[] }[];
  /** Somebody else's hook, or ours as a person has changed it. */
  seedHook(hook: { url: string; secret: string; active: boolean; events: string[] }): void;
  /** Events as `hooks` shows them, once ours is in line. */
  events: string[];
  /** Event names that are valid and not among ours. */
  otherEvents: string[];
  endpoints: { createHook: CallMatch };
}

export type WebhookRegistrarHarness = AdapterHarness<WebhookRegistrar, WebhookRegistrarWorld>;

const url = 'https://signalbox.example.com/api/v1/webhooks/provider/01J0000000000000000000000A';
const secret = 'whsec-0123456789abcdef';

export function webhookRegistrarContract(
  name: string,
  makeHarness: () => Promise<WebhookRegistrarHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the webhook-registrar contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    hookTests(tests);
    faultTests<WebhookRegistrar, WebhookRegistrarWorld, WebhookRegistrarHarness>(tests, {
      reads: [],
      writes: [
        {
          name: 'ensureHook',
          match: ({ world }) => world.endpoints.createHook,
          call: (subject) => subject.ensureHook({ url, secret }),
          effects: ({ world }) => world.hooks().length,
        },
      ],
    });
    tests.end();
  });
}

function hookTests({ test }: ContractTests<WebhookRegistrarHarness>): void {
  test('a hook is made for our events, with the secret', async ({ connect, world }) => {
    const hook = await connect().ensureHook({ url, secret });

    expect(world.hooks()).toEqual([{ id: hook.id, url, secret, active: true, events: world.events }]);
  });

  test('a hook ensured twice is one, and the second time sets the secret, which no provider shows', async ({ connect, world }) => {
    const first = await connect().ensureHook({ url, secret });

    const second = await connect().ensureHook({ url, secret: `${secret}-rotated` });

    expect(second.id).toBe(first.id);
    expect(world.hooks()).toMatchObject([{ id: first.id, secret: `${secret}-rotated` }]);
  });

  test('a hook that a person switched off or narrowed is brought in line, and those of others stay', async ({ connect, world }) => {
    world.seedHook({ url: 'https://ci.example.com/hook', secret: 'theirs', active: true, events: world.otherEvents });
    world.seedHook({ url, secret: 'old', active: false, events: world.otherEvents });

    await connect().ensureHook({ url, secret });

    expect(world.hooks()).toMatchObject([
      { url: 'https://ci.example.com/hook', secret: 'theirs', events: world.otherEvents },
      { url, secret, active: true, events: world.events },
    ]);
  });

  test('one hook is found among three pages of others', async ({ connect, world }) => {
    for (let index = 0; index < 230; index += 1) {
      world.seedHook({ url: `https://ci.example.com/${index}`, secret: 'theirs', active: true, events: world.otherEvents });
    }
    world.seedHook({ url, secret: 'old', active: true, events: world.otherEvents });
    const before = writes(world);

    await connect().ensureHook({ url, secret });

    expect(world.hooks()).toHaveLength(231);
    expect(writes(world)).toBe(before + 1);
  });

  test('ten attempts one after another, as the lock serialises them, leave one hook', async ({ connect, world }) => {
    let last: Promise<unknown> = Promise.resolve();
    await ten(() => {
      last = last.then(() => connect().ensureHook({ url, secret }));
      return last;
    });

    expect(world.hooks()).toHaveLength(1);
  });

  test('a removed hook is gone, and removing none is success', async ({ connect, world }) => {
    world.seedHook({ url: 'https://ci.example.com/hook', secret: 'theirs', active: true, events: world.otherEvents });
    await connect().ensureHook({ url, secret });

    await connect().removeHook(url);
    await connect().removeHook(url);

    expect(world.hooks().map((hook) => hook.url)).toEqual(['https://ci.example.com/hook']);
  });
}
