import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { Client, type ClientChannel, type SFTPWrapper } from 'ssh2';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { hostOf, PROVIDER, type SshConnection, trouble } from './identity.ts';
import { quoted } from './quote.ts';

/** One conversation with a host whose key is pinned, over a connection whose address was judged. */

const READY_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
const MAX_OUTPUT = 64 * 1024;

export interface Ran {
  exitCode: number;
  /** What it wrote to both outputs, the last 64 KiB. */
  output: string;
}

export interface Host {
  /** Runs a script of a POSIX shell. */
  run(script: string): Promise<Ran>;
  /** Writes a new file, readable for its owner alone. */
  write(path: string, body: ReadableStream<Uint8Array> | string): Promise<void>;
}

export function withHost<T>(
  connection: SshConnection,
  deps: AdapterDeps,
  { operation, timeoutMs }: { operation: string; timeoutMs?: number },
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const target = { ...hostOf(connection.baseUrl), operation, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return deps.session(target, async ({ socket }) => {
    const client = new Client();
    const seen: { fingerprint: string | null } = { fingerprint: null };
    let fail: (error: unknown) => void = () => undefined;
    const broken = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    broken.catch(() => undefined);
    client.on('error', (error) => fail(error));
    client.on('close', () => fail(trouble('unavailable', 'the connection broke off')));
    try {
      await Promise.race([signIn(client, connection, socket, seen), broken]);
      return await Promise.race([work(hostOver(client)), broken]);
    } catch (error) {
      throw classified(error, operation, connection, seen.fingerprint);
    } finally {
      client.destroy();
    }
  });
}

function signIn(
  client: Client,
  { credentials, settings }: SshConnection,
  sock: Readable,
  seen: { fingerprint: string | null },
): Promise<void> {
  return new Promise((resolve) => {
    client.once('ready', resolve);
    client.connect({
      sock,
      username: settings.user,
      privateKey: credentials.privateKey.reveal(),
      ...(credentials.passphrase === undefined ? {} : { passphrase: credentials.passphrase.reveal() }),
      hostVerifier: (key: Buffer) => {
        seen.fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        return settings.hostKeys.includes(seen.fingerprint);
      },
      readyTimeout: READY_MS,
      keepaliveInterval: KEEP_ALIVE_MS,
      keepaliveCountMax: 3,
    });
  });
}

function hostOver(client: Client): Host {
  return {
    run: (script) =>
      new Promise((resolve, reject) => {
        client.exec(`exec sh -c ${quoted(script)}`, (error, channel) => {
          if (error) reject(error);
          else collect(channel, resolve, reject);
        });
      }),

    async write(path, body) {
      const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
        client.sftp((error, opened) => (error ? reject(error) : resolve(opened)));
      });
      try {
        const source = typeof body === 'string' ? Readable.from([Buffer.from(body)]) : Readable.fromWeb(body as NodeReadableStream);
        await pipeline(source, sftp.createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      } finally {
        sftp.end();
      }
    },
  };
}

function collect(channel: ClientChannel, resolve: (ran: Ran) => void, reject: (error: unknown) => void): void {
  let output = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]).subarray(-MAX_OUTPUT);
  };
  channel.on('data', take);
  channel.stderr.on('data', take);
  channel.once('error', reject);
  channel.once('close', (code: number | null | undefined) => {
    if (typeof code === 'number') resolve({ exitCode: code, output: output.toString('utf8') });
    else reject(trouble('unavailable', 'what ran on the host was ended by a signal'));
  });
  channel.end();
}

/** The library's words name no secret: it quotes neither keys nor passphrases. */
function classified(error: unknown, operation: string, { settings }: SshConnection, fingerprint: string | null): unknown {
  if (error instanceof ProviderError || !(error instanceof Error)) return error;
  if (fingerprint !== null && !settings.hostKeys.includes(fingerprint)) {
    return trouble(
      'invalid',
      `the host showed the key ${fingerprint}, which is none of hostKeys: if it really is the host's, put it there`,
    );
  }
  const level = 'level' in error ? error.level : undefined;
  if (level === 'client-authentication') return trouble('unauthorized', `the host does not let ${settings.user} in with this key`);
  if (level === 'client-timeout') return trouble('timeout', `${operation}: the host did not answer in time`);
  if (level === 'protocol' || level === 'handshake') return trouble('malformed', 'what answers there speaks no SSH that we understand');
  if (/privateKey|passphrase/.test(error.message))
    return trouble('unauthorized', 'the private key cannot be used: it is in no known format, or its passphrase is missing or wrong');
  if ('code' in error && typeof error.code === 'number') return sftpTrouble(error.code, operation);
  if (error.message.startsWith('(SSH)') || error.message.includes('open failed'))
    return trouble('unavailable', `${operation}: the host opened no channel`);
  return error;
}

/** Status codes of SFTP: 3 is permission denied, 4 is any failure, a full disk among them. */
const sftpTrouble = (code: number, operation: string): ProviderError =>
  code === 3
    ? trouble('forbidden', `${operation}: the host does not let us write the files`)
    : new ProviderError('unavailable', `${PROVIDER}: ${operation}: the host did not take the files; is its disk full?`, {
        provider: PROVIDER,
      });
