import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { guardFetch } from '../../src/integrations/kit/http.ts';
import { credentialsSchema, type KubernetesConnection, settingsSchema } from '../../src/integrations/providers/kubernetes/identity.ts';
import { verifyKubernetes } from '../../src/integrations/providers/kubernetes/verify.ts';
import { parseAllowRules } from '../../src/platform/address-policy.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createOutboundFetch, type Outbound } from '../../src/platform/outbound.ts';
import { certificate, certificateKey, MAIL_HOST } from '../fakes/smtp/certificate.ts';
import { guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';

/* Clusters have authorities of their own, and people sign in with certificates. */

let server: Server;
let outbound: Outbound;
let names: string[];

beforeAll(async () => {
  names = [];
  server = createServer(
    { cert: certificate, key: certificateKey, ca: certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      names.push(subject?.CN === undefined ? 'nobody' : String(subject.CN));
      const rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
      const body = request.url === '/version' ? { gitVersion: 'v1' } : { status: { incomplete: false, resourceRules: [rule] } };
      response.end(JSON.stringify(body));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  outbound = createOutboundFetch({
    allow: parseAllowRules('127.0.0.0/8'),
    logger: createLogger({ level: 'silent', name: 'test' }),
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  });
});
afterAll(async () => {
  await outbound.close();
  server.closeAllConnections();
  server.close();
});

function connect(credentials: object, settings: object): KubernetesConnection {
  return {
    ...{ id: 'c1', baseUrl: `https://${MAIL_HOST}:${(server.address() as AddressInfo).port}` },
    ...{ credentials: credentialsSchema.parse(credentials), settings: settingsSchema.parse({ namespace: 'shop', ...settings }) },
  };
}

const verify = (connection: KubernetesConnection) => {
  const door = { provider: 'kubernetes', signal: new AbortController().signal, observe: () => undefined, admit: async () => undefined };
  const fetch = guardFetch({ ...door, fetch: outbound.fetch, timeoutMs: 5_000 });
  return verifyKubernetes(connection, { ...guardedDeps('kubernetes', []), fetch });
};
const base64 = (text: string) => Buffer.from(text).toString('base64');

it('trusts the authority that the connection names, in both spellings, and nobody else’s', async () => {
  const token = { token: 'eyJ-1' };

  expect(await verify(connect(token, { caData: certificate }))).toMatchObject({ ok: true });
  expect(await verify(connect(token, { caData: base64(certificate) }))).toMatchObject({ ok: true });
  expect(await providerError(verify(connect(token, {})))).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('SELF_SIGNED'),
  });
  expect(new Set(names)).toEqual(new Set(['nobody']));
});

it('signs in with a certificate, and with none where another connection has one', async () => {
  names.length = 0;
  const signedIn = { clientCertificate: base64(certificate), clientKey: base64(certificateKey) };

  await verify(connect(signedIn, { caData: certificate }));
  await verify(connect({ token: 'eyJ-1' }, { caData: certificate }));

  expect(names).toEqual([MAIL_HOST, MAIL_HOST, 'nobody', 'nobody']);
});

it('takes certificates and keys that are some, and one way to sign in', () => {
  expect(settingsSchema.safeParse({ namespace: 'shop', caData: 'hello' }).error?.message).toContain('must be PEM');
  expect(credentialsSchema.safeParse({ clientCertificate: certificate, clientKey: 'hunter2' }).success).toBe(false);
  expect(credentialsSchema.safeParse({ token: 'x', clientCertificate: certificate }).success).toBe(false);
});
