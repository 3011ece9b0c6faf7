import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsSchema } from '../../src/integrations/providers/google-play/identity.ts';
import { verifyGooglePlay } from '../../src/integrations/providers/google-play/verify.ts';
import { APP, connectionTo, type PlaySetup, playSetup } from './google-play-harness.ts';

describe('verification of a Google Play connection', () => {
  let setup: PlaySetup;
  beforeEach(async () => {
    setup = await playSetup();
  });
  afterEach(() => setup.fake.close());

  const verify = (packageName?: string, keyFile = setup.account.keyFile) =>
    verifyGooglePlay(connectionTo(setup.fake, keyFile, packageName === undefined ? {} : { packageName }), setup.deps());
  const changed = (changes: Record<string, unknown>) => JSON.stringify({ ...JSON.parse(setup.account.keyFile), ...changes });

  it('without an app is a token, and nothing is asked of Play', async () => {
    expect(await verify()).toEqual({ ok: true, account: setup.account.email, expiresAt: null, rateLimit: null });
    expect(setup.fake.calls.map(({ path }) => path)).toEqual(['/token']);
  });

  it('with an app opens an edit of it and leaves none behind', async () => {
    expect(await verify(APP)).toMatchObject({ ok: true });
    expect([...setup.app.edits.values()].map(({ state }) => state)).toEqual(['deleted']);
  });

  it('says what to do about a key that was deleted', async () => {
    setup.account.isRevoked = true;

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringMatching(/create a new key.*invalid_grant/)] });
  });

  it('says what to do about an account that was not invited to the app', async () => {
    setup.fake.addForeignApp('com.somebody.else');

    expect(await verify('com.somebody.else')).toEqual({ ok: false, problems: [expect.stringContaining('Users and permissions')] });
  });

  it('says what to do about an API that is not enabled', async () => {
    const message = 'Google Play Android Developer API has not been used in project 1 before or it is disabled.';
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' }];
    setup.fake.failNext({
      match: { path: /edits$/ },
      status: 403,
      body: { error: { code: 403, message, status: 'PERMISSION_DENIED', details } },
    });

    expect(await verify(APP)).toEqual({ ok: false, problems: [expect.stringMatching(/enable the Google Play Android Developer API/)] });
  });

  it('says that there is no such app', async () => {
    expect(await verify('com.example.nowhere')).toEqual({ ok: false, problems: [expect.stringContaining('com.example.nowhere')] });
  });

  it('says to check the base URL where no API answers', async () => {
    setup.fake.failNext({ match: { path: /edits$/ }, mode: 'html' });

    expect(await verify(APP)).toEqual({ ok: false, problems: [expect.stringContaining('base URL')] });
  });

  it.each([{ status: 503 }, { status: 429 }, { mode: 'drop-before' as const }])(
    'is no answer when Google cannot be asked: %o',
    async (fault) => {
      setup.fake.failNext({ match: { path: '/token' }, ...fault });

      await expect(verify(APP)).rejects.toMatchObject({ name: 'ProviderError' });
    },
  );

  it('shows nothing of the key in its problems', async () => {
    setup.account.isRevoked = true;

    expect(JSON.stringify(await verify(APP))).not.toContain(setup.secret);
  });

  it.each([
    ['what is no JSON', () => '-----BEGIN PRIVATE KEY-----', /paste all of it/],
    ['a user’s key', () => changed({ type: 'authorized_user' }), /service_account/],
    ['a key without an address', () => changed({ client_email: undefined }), /client_email/],
    ['a key without a private key', () => changed({ private_key: undefined }), /private_key/],
    ['a private key that is none', () => changed({ private_key: 'MIIEvQ' }), /private_key/],
    ['a token address that is none', () => changed({ token_uri: 'file:///etc/passwd' }), /token_uri/],
  ])('a form with %s is refused in words that show nothing of it', (_what, keyFile, words) => {
    const parsed = credentialsSchema.safeParse({ serviceAccount: keyFile() });

    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).toMatch(words);
    expect(parsed.error?.message).not.toContain(setup.secret);
  });
});
