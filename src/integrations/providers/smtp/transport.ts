import { isIP } from 'node:net';
import { createTransport, type Transporter } from 'nodemailer';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { Talk } from '../../kit/session.ts';
import { PROVIDER, type Server, type SmtpConnection, serverOf } from './identity.ts';
import { mailTrouble } from './smtp-error.ts';

/** One conversation with the mail server, over a connection whose address was judged. Nothing is tried again here. */
export function withServer<T>(
  connection: SmtpConnection,
  deps: AdapterDeps,
  operation: string,
  work: (transport: Transporter) => Promise<T>,
): Promise<T> {
  const server = serverOf(connection.baseUrl);
  return deps.session({ host: server.host, port: server.port, operation }, async (talk) => {
    const isEncrypted = demandsTls(connection, talk);
    try {
      return await work(open(connection, server, talk, isEncrypted));
    } catch (error) {
      throw mailTrouble(error, operation, connection.credentials.password);
    }
  });
}

/** Whether the conversation must be encrypted. Not only where it never leaves the operator's network, and gives away no password. */
function demandsTls({ settings, credentials }: SmtpConnection, { isInside }: Talk): boolean {
  if (!settings.allowUnencrypted) return true;
  const why = !isInside ? 'the mail server is outside the private network' : credentials.password ? 'a password would be readable' : null;
  if (why === null) return false;
  throw new ProviderError('forbidden', `${PROVIDER}: mails are not sent unencrypted, because ${why}: switch off allowUnencrypted`, {
    provider: PROVIDER,
  });
}

function open({ credentials, settings }: SmtpConnection, server: Server, { socket }: Talk, isEncrypted: boolean): Transporter {
  const { user, password } = credentials;
  return createTransport({
    connection: socket,
    host: server.host,
    port: server.port,
    secure: server.isImplicitTls && isEncrypted,
    requireTLS: isEncrypted,
    ignoreTLS: !isEncrypted,
    // Not the name of the operator's machine, which is nobody's business.
    name: settings.from.split('@')[1] ?? '',
    tls: {
      ...(isIP(server.host) ? {} : { servername: server.host }),
      ...(settings.certificate === undefined ? {} : { ca: settings.certificate }),
      minVersion: 'TLSv1.2',
    },
    ...(password === undefined ? {} : { auth: { user, pass: password.reveal() } }),
    // Content of messages names no files and no addresses to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  });
}
