import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../src/integrations/kit/token-cache.ts';
import { ascAppStore } from '../../src/integrations/providers/app-store-connect/app-store.ts';
import { credentialsSchema } from '../../src/integrations/providers/app-store-connect/identity.ts';
import { verifyAsc } from '../../src/integrations/providers/app-store-connect/verify.ts';
import { type AscSetup, ascSetup, CREDENTIALS, connectionTo, PRIVATE_KEY } from './app-store-connect-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';

const pemOf = (curve: string) =>
  generateKeyPairSync('ec', { namedCurve: curve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('the credentials of App Store Connect', () => {
  const messages = (changes: Partial<typeof CREDENTIALS>) =>
    credentialsSchema.safeParse({ ...CREDENTIALS, ...changes }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  it('are refused with words when a part of them is malformed, and the key is not repeated', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

    for (const privateKey of ['not a key', rsa, pemOf('P-384'), PRIVATE_KEY.slice(0, 80)]) {
      expect(messages({ privateKey })).toEqual([expect.stringMatching(/^privateKey: not an EC P-256 private key.*\.p8/)]);
    }
    expect(messages({ issuerId: 'acme' })).toEqual([expect.stringMatching(/^issuerId: not an issuer ID/)]);
    expect(messages({ keyId: 'AuthKey_2X9R4HXF34.p8' })).toEqual([expect.stringMatching(/^keyId: capital letters/)]);
  });

  it('are taken as they are pasted: with blanks around them, and the key on one line', async () => {
    const setup = await ascSetup();
    const pasted = connectionTo(setup.fake.origin, {
      issuerId: ` ${CREDENTIALS.issuerId} `,
      keyId: `${CREDENTIALS.keyId}\n`,
      privateKey: PRIVATE_KEY.trim().replaceAll('\n', '\\n'),
    });

    expect(await verifyAsc(pasted, setup.deps())).toMatchObject({ ok: true });
    await setup.fake.close();
  });
});

describe('app store connect verify', () => {
  let s: AscSetup;
  beforeEach(async () => {
    s = await ascSetup();
  });
  afterEach(() => s.fake.close());

  const verify = (changes: Partial<typeof CREDENTIALS> = {}, timeoutMs = 5_000) =>
    verifyAsc(connectionTo(s.fake.origin, changes), s.deps({ timeoutMs }));
  const problems = async (changes?: Partial<typeof CREDENTIALS>) => {
    const answer = await verify(changes);
    return answer.ok ? [] : answer.problems;
  };

  it('names the key and tells the room that is left of its limit', async () => {
    expect(await verify()).toEqual({
      ok: true,
      account: `team key ${CREDENTIALS.keyId}`,
      expiresAt: null,
      rateLimit: { limit: 3500, remaining: 3499, resetsAt: null },
    });
  });

  it('says what to check when the key, its id or its issuer is another one', async () => {
    const stranger = { issuerId: '00000000-96fe-1a63-e053-0824d011072a' };

    for (const changes of [{ privateKey: pemOf('P-256') }, { keyId: 'ABCDEFGHIJ' }, stranger]) {
      expect(await problems(changes)).toEqual([expect.stringMatching(/does not accept the key.*issuer ID, key ID and private key.*clock/)]);
    }
  });

  it('says what to do about a key that sees no app, may not see reviews, or whose agreements have ended', async () => {
    s.fake.world.apps.clear();
    expect(await problems()).toEqual([expect.stringMatching(/sees no app.*create the app/)]);

    s.fake.world.addApp({ bundleId: 'com.example.app' });
    const forbidden = (code: string) => ({ errors: [{ id: '1', status: '403', code, title: 'Refused', detail: 'Not with this key' }] });
    s.fake.failNext({ match: { path: '/v1/reviewSubmissions' }, status: 403, body: forbidden('FORBIDDEN_ERROR') });
    expect(await problems()).toEqual([expect.stringMatching(/Not with this key.*App Manager or Admin/)]);

    s.fake.failNext({ status: 403, body: forbidden('FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED') });
    expect(await problems()).toEqual([expect.stringMatching(/Account Holder has to accept the agreement.*Business/)]);
  });

  it('says when what answers is not App Store Connect', async () => {
    s.fake.failNext({ mode: 'html' });
    expect(await problems()).toEqual([expect.stringContaining('is not App Store Connect')]);

    s.fake.failNext({ status: 200, body: { apps: [] } });
    expect(await problems()).toEqual([expect.stringContaining('is not App Store Connect')]);
  });

  it('throws when the question could not be asked', async () => {
    s.fake.failNext({ mode: 'hang' });
    const late = await providerError(verify({}, 100));
    s.fake.failNext({ status: 503 });
    const down = await providerError(verify());

    expect([late.kind, down.kind]).toEqual(['timeout', 'unavailable']);
    expectNoSecret(late, [PRIVATE_KEY]);
  });
});

describe('the token of App Store Connect', () => {
  let s: AscSetup;
  beforeEach(async () => {
    s = await ascSetup();
  });
  afterEach(() => s.fake.close());

  const sent = () => new Set(s.fake.calls.map(({ headers }) => headers.authorization));
  /** One process: attempts come and go, the cache of tokens stays. */
  const storeOf =
    (tokens = createTokenCache(() => new Date())) =>
    () =>
      ascAppStore(s.connection, s.deps({ tokens }));
  const app = () => ({ appId: s.app.bundleId, track: '' });

  it('is signed once for ten attempts at once, and again after it was refused, without repeating the refused call', async () => {
    const store = storeOf();
    await Promise.all(Array.from({ length: 10 }, () => store().listing(app())));
    expect(sent().size).toBe(1);

    s.fake.failNext({ status: 401, body: { errors: [{ status: '401', code: 'NOT_AUTHORIZED', title: 'No' }] } });
    const calls = s.fake.calls.length;
    expect((await providerError(store().listing(app()))).kind).toBe('unauthorized');
    expect(s.fake.calls.length).toBe(calls + 1);
    expect(await store().listing(app())).not.toBeNull();
    expect(sent().size).toBe(2);
  });

  it('that Apple repeats in an error is in no message', async () => {
    const store = storeOf();
    await store().listing(app());
    const [authorization = ''] = [...sent()].map(String);
    const token = authorization.replace('Bearer ', '');
    const body = { errors: [{ status: '400', code: 'PARAMETER_ERROR', title: 'No', detail: `with ${authorization} and ${PRIVATE_KEY}` }] };
    s.fake.failNext({ status: 400, body });

    const error = await providerError(store().listing(app()));

    expect(error.message).toContain('[redacted]');
    expectNoSecret(error, [token, PRIVATE_KEY.trim()]);
  });
});
