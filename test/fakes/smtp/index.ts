import { once } from 'node:events';
import type { Socket } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Fault, RecordedCall } from '../fake-server.ts';
import { certificate, certificateKey } from './certificate.ts';
import { type ReadMail, readMail } from './read-mail.ts';

export { certificate, MAIL_HOST } from './certificate.ts';

/** A mail server of one domain with one user, and faults at every step; a fault's `status` is the reply's code, its `body` the words. */

type Step = 'CONNECT' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA';

export interface Mail extends ReadMail {
  from: string;
  to: string[];
  raw: Buffer;
  isEncrypted: boolean;
  /** Who was signed in. */
  user: string | null;
  /** As the client called itself. */
  client: string;
}

interface MailFakeOptions {
  /** Encrypted from the first byte; STARTTLS otherwise. */
  isImplicitTls?: boolean;
  /** Offers no encryption at all. */
  isPlain?: boolean;
  user?: { name: string; password: string };
}

export interface MailFake {
  readonly port: number;
  /** Steps that went wrong on purpose, and mails that were taken. */
  readonly calls: RecordedCall[];
  /** Everything that was taken, repeats included. */
  readonly mails: Mail[];
  /** What somebody reads: repeats of one message are one. */
  inbox(address: string): Mail[];
  /** A recipient the server does not have. */
  unknown(address: string): void;
  failNext(fault: Fault): void;
  clearFaults(): void;
  close(): Promise<void>;
}

type Done = (error?: Error | null) => void;

interface Outcome {
  callback: Done;
  perform: () => void;
}

/** Greets at once; the library waits for early talkers, a tenth of a second each. */
class PromptServer extends SMTPServer {
  override connect(...given: Parameters<SMTPServer['connect']>): void {
    const before = new Set(this.connections);
    super.connect(...given);
    for (const connection of this.connections) {
      if (before.has(connection)) continue;
      const greet = connection.connectionReady.bind(connection);
      connection.connectionReady = () => undefined;
      setImmediate(greet);
    }
  }
}

export async function createMailFake({ isImplicitTls = false, isPlain = false, user }: MailFakeOptions = {}): Promise<MailFake> {
  const calls: RecordedCall[] = [];
  const mails: Mail[] = [];
  const unknown = new Set<string>();
  const sockets = new Set<Socket>();
  let faults: (Fault & { left: number })[] = [];

  const server = new PromptServer({
    secure: isImplicitTls,
    key: certificateKey,
    cert: certificate,
    authOptional: user === undefined,
    disabledCommands: [...(user === undefined ? ['AUTH'] : []), ...(isPlain ? ['STARTTLS'] : [])],
    disableReverseLookup: true,
    closeTimeout: 1,
    logger: false,
    onConnect: (session, callback) => step('CONNECT', session, callback),
    onMailFrom: (_address, session, callback) => step('MAIL', session, callback),
    onRcptTo: ({ address }, session, callback) =>
      step('RCPT', session, callback, () => callback(unknown.has(address) ? refusal(550, '5.1.1 No such mailbox here') : null)),
    onAuth({ username, password }, session, callback) {
      const answer = () =>
        username === user?.name && password === user?.password
          ? callback(null, { user: username })
          : callback(refusal(535, '5.7.8 Authentication failed'));
      step('AUTH', session, (error) => callback(error), answer);
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => step('DATA', session, callback, () => take(Buffer.concat(chunks), session, callback)));
    },
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });

  function take(raw: Buffer, session: SMTPServerSession, callback: Done): void {
    const { mailFrom, rcptTo } = session.envelope;
    mails.push({
      ...readMail(raw),
      raw,
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
      isEncrypted: session.secure,
      user: typeof session.user === 'string' ? session.user : null,
      client: session.hostNameAppearsAs,
    });
    record('DATA', 250, false);
    callback();
  }

  /** One step of a conversation, unless a fault is due. */
  function step(name: Step, session: SMTPServerSession, callback: Done, perform: () => void = () => callback()): void {
    const fault = faults.find(({ match }) => typeof match === 'object' && match.path === name);
    if (fault === undefined) perform();
    else fail(name, fault, session, { callback, perform });
  }

  function fail(name: Step, fault: (typeof faults)[number], session: SMTPServerSession, { callback, perform }: Outcome): void {
    fault.left -= 1;
    if (fault.left <= 0) faults.splice(faults.indexOf(fault), 1);
    record(name, fault.status ?? 0, true);
    if (fault.status !== undefined) callback(refusal(fault.status, typeof fault.body === 'string' ? fault.body : 'injected fault'));
    if (fault.mode !== 'drop-before' && fault.mode !== 'drop-after') return;
    // Cut before the reply can leave.
    [...sockets].find(({ remotePort }) => remotePort === session.remotePort)?.destroy();
    if (fault.mode === 'drop-after') perform();
  }

  function record(path: Step, status: number, injected: boolean): void {
    calls.push({ method: 'SMTP', path, query: new URLSearchParams(), headers: {}, body: undefined, status, answer: undefined, injected });
  }

  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    calls,
    mails,
    inbox(recipient) {
      const ids = new Set<string>();
      return mails.filter(({ to, headers }) => {
        const id = headers['message-id'] ?? '';
        return to.includes(recipient) && !ids.has(id) && ids.add(id);
      });
    },
    unknown: (recipient) => void unknown.add(recipient),
    failNext: (fault) => void faults.push({ ...fault, left: fault.times ?? 1 }),
    clearFaults() {
      faults = [];
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

const refusal = (responseCode: number, words: string) => Object.assign(new Error(words), { responseCode });
