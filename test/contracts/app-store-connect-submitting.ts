import type { Submission } from '../../src/integrations/capabilities/app-store.ts';
import { ascAppStore } from '../../src/integrations/providers/app-store-connect/app-store.ts';
import { ascSubmissionWithdrawal } from '../../src/integrations/providers/app-store-connect/submission-withdrawal.ts';
import type { AscVersion } from '../fakes/app-store-connect/index.ts';
import { type AscSetup, ascSetup } from './app-store-connect-harness.ts';

const VERSION = '4.2.0';
const notes = { 'en-US': 'New.', 'de-DE': 'Neu.', ja: '新機能' };

export type Submitting = Awaited<ReturnType<typeof submitting>>;

/** What tests of submissions need: version 4.2.0 with build 42, and the other side. */
export async function submitting() {
  const setup: AscSetup = await ascSetup();
  const { world, calls } = setup.fake;
  const query = { app: { appId: setup.app.bundleId, track: '' }, version: VERSION, buildNumber: '42' };
  const store = () => ascAppStore(setup.connection, setup.deps());
  return {
    fake: setup.fake,
    world,
    app: setup.app,
    query,
    store,
    build: (number = '42', changes: object = {}) => world.addBuild(setup.app, { version: VERSION, number, ...changes }),
    submit: (changes: Partial<Submission> = {}) =>
      store().ensureSubmitted({ ...query, notes, gradually: { fraction: 0.01 }, updatePriority: null, ...changes }),
    withdraw: () => ascSubmissionWithdrawal(setup.connection, setup.deps()).withdraw(query),
    version: (): AscVersion => {
      const found = world.version(setup.app, VERSION);
      if (!found) throw new Error('no version');
      return found;
    },
    submissions: () => [...world.submissions.values()],
    writes: () => calls.filter(({ method }) => method !== 'GET').length,
  };
}
