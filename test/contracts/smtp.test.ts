import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { SmtpConnection } from '../../src/integrations/providers/smtp/identity.ts';
import { smtpMessaging } from '../../src/integrations/providers/smtp/messaging.ts';
import { verifySmtp } from '../../src/integrations/providers/smtp/verify.ts';
import { Secret } from '../../src/platform/secret.ts';
import { certificate, createMailFake, MAIL_HOST, type Mail, type MailFake } from '../fakes/smtp/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import type { FaultCase } from './fault-cases.ts';
import { type MessagingHarness, messagingContract } from './messaging.contract.ts';
import { type SeenMessage, say } from './messaging-world.ts';

const password = 'pa55-hunter2-0123';
const user = { name: 'releases@example.test', password };
const team = 'team@example.test';

function connectionTo(
  port: number,
  changes: { scheme?: string; host?: string; settings?: object; credentials?: object } = {},
): SmtpConnection {
  return {
    id: 'c1',
    baseUrl: `${changes.scheme ?? 'smtp'}://${changes.host ?? MAIL_HOST}:${port}`,
    credentials: { user: user.name, password: new Secret(password), ...changes.credentials },
    settings: { from: 'releases@example.test', fromName: 'Signalbox', certificate, allowUnencrypted: false, ...changes.settings },
  };
}

const depsOf = (): AdapterDeps => guardedDeps('smtp', []);

function seen({ headers, text, html }: Mail): SeenMessage {
  return {
    messageId: headers['message-id'] ?? '',
    threadId: headers['in-reply-to'] ?? null,
    text,
    links: [...html.matchAll(/<a href="([^"]*)">/g)].map(([, address = '']) => address.replaceAll('&amp;', '&')),
    mentions: [],
    buttons: [],
  };
}

async function messagingHarness(): Promise<MessagingHarness> {
  const fake = await createMailFake({ user });
  fake.unknown('nobody@example.test');
  const observed: ProviderCall[] = [];
  return {
    connect: (options) => smtpMessaging(connectionTo(fake.port), guardedDeps('smtp', observed, options)),
    history: null,
    hasButtons: false,
    observed,
    world: {
      calls: fake.calls,
      failNext: fake.failNext,
      clearFaults: fake.clearFaults,
      messages: (channelId) => fake.inbox(channelId).map(seen),
    },
    secret: password,
    channelId: team,
    match: { path: 'DATA' },
    dialect: replies.map(([path, status, body, kind]) => ({
      when: `${path}: ${status} ${body}`,
      kind,
      fault: { match: { path }, status, body },
    })),
    unknown: { channelId: 'nobody@example.test', messageId: '<nothing@example.test>' },
    close: fake.close,
  };
}

const replies = [
  ['CONNECT', 554, '5.3.2 No service here', 'invalid'],
  ['CONNECT', 421, '4.3.2 Shutting down', 'unavailable'],
  ['AUTH', 535, `5.7.8 Wrong: ${password} ${Buffer.from(password).toString('base64')}`, 'unauthorized'],
  ['AUTH', 534, '5.7.9 Application-specific password required', 'unauthorized'],
  ['AUTH', 454, '4.7.0 Temporary authentication failure', 'unavailable'],
  ['MAIL', 553, '5.7.1 Sender address rejected: not owned by user', 'forbidden'],
  ['MAIL', 550, 'not from this address', 'forbidden'],
  ['MAIL', 530, '5.7.0 Authentication required', 'unauthorized'],
  ['MAIL', 421, '4.7.0 Too many messages', 'rate-limited'],
  ['RCPT', 550, '5.1.1 User unknown', 'not-found'],
  ['RCPT', 550, 'User unknown', 'not-found'],
  ['RCPT', 556, '5.1.10 Recipient address has null MX', 'not-found'],
  ['RCPT', 550, '5.7.1 Relaying denied', 'forbidden'],
  ['RCPT', 554, 'Transaction failed', 'invalid'],
  ['RCPT', 450, '4.2.0 Greylisted, come back later', 'unavailable'],
  ['RCPT', 450, '4.2.1 Rate limit exceeded', 'rate-limited'],
  ['RCPT', 452, '4.5.3 Recipients', 'rate-limited'],
  ['DATA', 451, '4.3.0 Try again', 'unavailable'],
  ['DATA', 421, '4.7.28 Unusual traffic', 'rate-limited'],
  ['DATA', 552, '5.3.4 Too large', 'invalid'],
  ['DATA', 554, '5.7.1 Looks like spam', 'forbidden'],
  ['DATA', 554, 'No', 'invalid'],
] as const;

const faults: FaultCase[] = [
  { name: '535', fault: { match: { path: 'AUTH' }, status: 535, body: '5.7.8 no' }, kind: 'unauthorized' },
  { name: '554 5.7.1', fault: { status: 554, body: '5.7.1 spam' }, kind: 'forbidden' },
  { name: '550 5.1.1', fault: { match: { path: 'RCPT' }, status: 550, body: '5.1.1 nobody' }, kind: 'not-found' },
  { name: '552', fault: { status: 552, body: 'too large' }, kind: 'invalid' },
  { name: '450 4.7.28', fault: { status: 450, body: '4.7.28 slow down' }, kind: 'rate-limited' },
  { name: '451', fault: { status: 451, body: '4.3.0 later' }, kind: 'unavailable' },
  { name: 'no greeting in time', fault: { match: { path: 'CONNECT' }, mode: 'hang' }, kind: 'timeout', timeoutMs: 150 },
  { name: 'no answer in time', fault: { mode: 'hang' }, kind: 'timeout', timeoutMs: 600 },
  { name: 'a connection dropped before the greeting', fault: { match: { path: 'CONNECT' }, mode: 'drop-before' }, kind: 'unavailable' },
  { name: 'a connection dropped before the mail was taken', fault: { mode: 'drop-before' }, kind: 'unavailable' },
  { name: 'a connection dropped after the mail was taken', fault: { mode: 'drop-after' }, kind: 'unavailable', done: true },
];

messagingContract('smtp', messagingHarness, { faults });

describe('smtp', () => {
  const fakes: MailFake[] = [];
  afterEach(async () => {
    for (const fake of fakes.splice(0)) await fake.close();
  });

  async function serving(options: Parameters<typeof createMailFake>[0] = { user }): Promise<MailFake> {
    const fake = await createMailFake(options);
    fakes.push(fake);
    return fake;
  }

  const post = (connection: SmtpConnection, content = say('x'), more: { channelId?: string; key?: string; threadId?: string } = {}) =>
    smtpMessaging(connection, depsOf()).post({ channelId: team, key: 'k', ...more, content });

  it('sends text and HTML of the same, with a subject in one line', async () => {
    const fake = await serving();
    const fields = [{ label: 'Build <1>', value: '#42 & "more"', url: 'https://ci.example/42?a=1&b="x"' }];
    const content = { summary: 'Größe\r\nBcc: evil@example.test', sections: [{ heading: '<h>', text: 'one\ntwo\n\nthree', fields }] };

    const posted = await post(connectionTo(fake.port), content);

    const [mail] = fake.mails;
    expect(mail).toMatchObject({
      ...{ from: 'releases@example.test', to: [team], isEncrypted: true, user: user.name, client: 'example.test' },
      headers: {
        subject: 'Größe Bcc: evil@example.test',
        from: 'Signalbox <releases@example.test>',
        to: team,
        'message-id': posted.messageId,
        'auto-submitted': 'auto-generated',
      },
      text: '<h>\none\ntwo\n\nthree\nBuild <1>: #42 & "more" <https://ci.example/42?a=1&b=%22x%22>',
    });
    expect(mail?.headers).not.toHaveProperty('bcc');
    expect(mail?.html).toContain('<h3>&lt;h&gt;</h3>\n<p>one<br>\ntwo</p>\n<p>three</p>');
    expect(mail?.html).toContain('<a href="https://ci.example/42?a=1&amp;b=%22x%22">#42 &amp; &quot;more&quot;</a>');
  });

  it.each([
    ['a subject', { summary: 'x\r\nBcc: evil@example.test\r\n\r\nbody' }, {}],
    ['the parent’s id', {}, { threadId: '<a@b>\r\nBcc: evil@example.test' }],
    ['a key', {}, { key: 'k\r\nBcc: evil@example.test' }],
  ])('lets no header in through %s', async (_what, content, more) => {
    const fake = await serving();

    await post(connectionTo(fake.port), { ...say('x'), ...content }, more);

    expect(fake.mails).toHaveLength(1);
    const [head = ''] = fake.mails[0]?.raw.toString('latin1').split('\r\n\r\n') ?? [];
    expect(head).not.toMatch(/^(bcc|in-reply-to|references):/im);
    expect(fake.mails[0]?.to).toEqual([team]);
  });

  it.each([
    'team',
    'a@b@c',
    'a b@example.test',
    '<a@example.test>',
    'a@example.test\r\nRCPT TO:<b@example.test>',
    'a@example.test, b@example.test',
    '',
  ])('sends nothing to %j, which is no address', async (channelId) => {
    const fake = await serving();

    expect((await providerError(post(connectionTo(fake.port), say('x'), { channelId }))).kind).toBe('not-found');
    expect(fake.mails).toEqual([]);
  });

  it('has one message id for each try of a message, another for each recipient and key', async () => {
    const fake = await serving();
    const sent = [];
    for (const more of [{}, {}, { channelId: 'other@example.test' }, { key: 'k2' }])
      sent.push(await post(connectionTo(fake.port), say('x'), more));

    const [first, again, ...others] = sent.map(({ messageId }) => messageId);

    expect(first).toMatch(/^<[0-9a-f]{64}@example\.test>$/);
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(3);
  });

  it('speaks TLS from the first byte with smtps', async () => {
    const fake = await serving({ user, isImplicitTls: true });

    await post(connectionTo(fake.port, { scheme: 'smtps' }));

    expect(fake.mails).toMatchObject([{ isEncrypted: true }]);
  });

  it('sends no password to a server that offers no encryption', async () => {
    const fake = await serving({ user, isPlain: true });
    fake.failNext({ match: { path: 'AUTH' }, status: 535 });

    const error = await providerError(post(connectionTo(fake.port)));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('no encryption') });
    expect(fake.calls).toEqual([]);
  });

  it.each([
    ['a certificate of nobody we trust', { settings: { certificate: undefined } }],
    ['a certificate of another name', { host: 'other.example.test' }],
  ])('sends no password to a server with %s', async (_what, changes) => {
    const fake = await serving();
    fake.failNext({ match: { path: 'AUTH' }, status: 535 });

    const error = await providerError(post(connectionTo(fake.port, changes)));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('not trusted') });
    expect(fake.calls).toEqual([]);
  });

  it('takes smtps for a port that wants STARTTLS as the mistake it is', async () => {
    const fake = await serving();

    const error = await providerError(post(connectionTo(fake.port, { scheme: 'smtps' })));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('587') });
  });

  it('takes what is no mail server for what it is', async () => {
    const server = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();

    const error = await providerError(post(connectionTo(typeof address === 'object' && address !== null ? address.port : 0)));
    server.close();

    expect(error).toMatchObject({ kind: 'malformed', message: expect.stringContaining('no mail server') });
  });

  describe('unencrypted', () => {
    const plain = { settings: { allowUnencrypted: true }, credentials: { user: undefined, password: undefined } };

    it('goes to a relay inside that has no TLS, where that is allowed', async () => {
      const fake = await serving({ isPlain: true });

      await post(connectionTo(fake.port, plain));

      expect(fake.mails).toMatchObject([{ isEncrypted: false, user: null }]);
    });

    it('is not what happens without being allowed', async () => {
      const fake = await serving({ isPlain: true });

      const error = await providerError(post(connectionTo(fake.port, { credentials: plain.credentials })));

      expect(error.kind).toBe('invalid');
      expect(fake.mails).toEqual([]);
    });

    it('is refused with a password, which anybody on the way could read', async () => {
      const fake = await serving({ user, isPlain: true });

      const error = await providerError(post(connectionTo(fake.port, { settings: plain.settings })));

      expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringContaining('password') });
      expect(fake.mails).toEqual([]);
    });

    it('is refused outside the private network', async () => {
      const fake = await serving({ isPlain: true });
      const deps = depsOf();
      const outside: AdapterDeps = {
        ...deps,
        session: (target, work) => deps.session(target, (talk) => work({ ...talk, isInside: false })),
      };

      const error = await providerError(
        smtpMessaging(connectionTo(fake.port, plain), outside).post({ channelId: team, content: say('x'), key: 'k' }),
      );

      expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringContaining('outside') });
      expect(fake.mails).toEqual([]);
    });
  });

  describe('verify', () => {
    it('signs in and sends nothing', async () => {
      const fake = await serving();

      expect(await verifySmtp(connectionTo(fake.port), depsOf())).toEqual({
        ok: true,
        account: user.name,
        expiresAt: null,
        rateLimit: null,
      });
      expect(fake.mails).toEqual([]);
    });

    it('reports a wrong password, without it', async () => {
      const fake = await serving();
      const wrong = 'wr0ng-passw0rd-99';

      const answer = await verifySmtp(connectionTo(fake.port, { credentials: { password: new Secret(wrong) } }), depsOf());

      expect(answer).toEqual({ ok: false, problems: [expect.stringContaining('app password')] });
      expect(JSON.stringify(answer)).not.toContain(wrong);
    });

    it('throws when the server could not be asked', async () => {
      const fake = await serving();
      fake.failNext({ match: { path: 'CONNECT' }, status: 421, body: '4.3.2 Shutting down' });

      await expect(verifySmtp(connectionTo(fake.port), depsOf())).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });

  it('repeats what the server says, in one line and without the password', async () => {
    const fake = await serving();
    fake.failNext({ match: { path: 'RCPT' }, status: 550, body: `5.7.1 ${password}\u0007 ask postmaster` });

    const error = await providerError(post(connectionTo(fake.port)));

    expect(error.message).toContain('550 5.7.1 [redacted] ask postmaster');
    expectNoSecret(error, [password]);
  });
});
