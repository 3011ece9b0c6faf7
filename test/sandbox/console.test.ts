import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorePlace } from '../../sandbox/stores/store.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import type { Provider } from '../../src/integrations/kit/define-provider.ts';
import { appStoreConnect } from '../../src/integrations/providers/app-store-connect/index.ts';
import { googlePlay } from '../../src/integrations/providers/google-play/index.ts';
import { guardedDeps } from '../contracts/adapter-harness.ts';

/** What people do in the stores' consoles, by the sandbox's own page for it. */

type Target = StorePlace['target'];
const notes = { 'en-US': 'Faster.', 'de-DE': 'Schneller.' };
const providers: Record<Target, Provider> = { PLAY_STORE: googlePlay, APP_STORE: appStoreConnect };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ stores: true, robots: false, tenants: ['Acme', 'Globex'] });
});
afterAll(() => sandbox?.close());

/** A version that some have, and what Signalbox reads of it. */
async function rollingOut(target: Target, version: string) {
  const host = sandbox.tenant('Acme').stores.find(({ access }) => access.place.target === target);
  if (host === undefined) throw new Error(`Acme is not in the ${target}`);
  const { place, baseUrl, credentials, settings } = host.access;
  const provider = providers[target];
  const connection = {
    id: 'con-1',
    baseUrl,
    credentials: provider.credentials.parse(credentials),
    settings: provider.settings.parse(settings),
  };
  const store = provider.appStore?.(connection, guardedDeps(provider.id, []));
  const buildNumber = `${version.replaceAll('.', '')}00`;
  const query = { app: place, version, buildNumber };
  host.upload({ version, number: buildNumber, content: Buffer.from(version) });
  await store?.ensureSubmitted({ ...query, notes, gradually: { fraction: 0.1 }, updatePriority: null });
  host.approve(version);
  await store?.ensureReleased(query);
  host.settle();
  return async () => (await store?.findRelease(query))?.state;
}

const inConsole = async (body: object, tenant = 'Acme') => {
  const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(`${sandbox.controlOrigin}/console?tenant=${tenant}`, options);
  return { status: answer.status, text: await answer.text() };
};

describe('in the console', () => {
  it('of Google Play a rollout is halted, resumed, raised, and halted when everybody has it', async () => {
    const target = 'PLAY_STORE';
    const shown = await rollingOut(target, '1.4.0');
    const states: unknown[] = [];

    for (const act of [{ do: 'halt' }, { do: 'resume' }, { do: 'raise', percent: 50 }, { do: 'raise', percent: 100 }, { do: 'halt' }]) {
      const { status } = await inConsole({ target, ...act });
      states.push([status, await shown()]);
    }

    expect(states).toEqual([
      [204, { kind: 'halted', fraction: 0.1 }],
      [204, { kind: 'rolling-out', fraction: 0.1 }],
      [204, { kind: 'rolling-out', fraction: 0.5 }],
      [204, { kind: 'live' }],
      [204, { kind: 'halted', fraction: 1 }],
    ]);
  });

  it('of App Store Connect a phased release is paused, resumed, and released to all', async () => {
    const target = 'APP_STORE';
    const shown = await rollingOut(target, '1.4.0');
    const states: unknown[] = [];

    for (const act of [{ do: 'halt' }, { do: 'resume' }, { do: 'raise', percent: 100 }]) {
      const { status } = await inConsole({ target, ...act });
      states.push([status, await shown()]);
    }

    expect(states).toEqual([
      [204, { kind: 'halted', fraction: 0.01 }],
      [204, { kind: 'rolling-out', fraction: 0.01 }],
      [204, { kind: 'live' }],
    ]);
  });

  it('what is not offered is refused with the reason, and so is what makes no sense', async () => {
    await rollingOut('PLAY_STORE', '1.5.0');
    await rollingOut('APP_STORE', '1.5.0');

    const lower = await inConsole({ target: 'PLAY_STORE', do: 'raise', percent: 5 });
    const resumed = await inConsole({ target: 'APP_STORE', do: 'resume' });
    const half = await inConsole({ target: 'APP_STORE', do: 'raise', percent: 50 });
    const nothing = await inConsole({ target: 'PLAY_STORE', do: 'halt' }, 'Globex');

    expect([lower, resumed, half, nothing].map(({ status }) => status)).toEqual([409, 409, 409, 409]);
    expect(lower.text).toContain('Play Console has no \\"raise\\" for it');
    expect(resumed.text).toContain('the phased release of 1.5.0 is ACTIVE');
    expect(nothing.text).toContain('nothing was sent');
    expect((await inConsole({ target: 'PLAY_STORE', do: 'raise' })).status).toBe(422);
    expect((await inConsole({ target: 'PLAY_STORE', do: 'raise', percent: 0 })).status).toBe(422);
    expect((await inConsole({ target: 'WEB', do: 'halt' })).status).toBe(422);
    expect((await inConsole({ target: 'PLAY_STORE', do: 'halt' }, 'Nobody')).status).toBe(404);
  });
});
