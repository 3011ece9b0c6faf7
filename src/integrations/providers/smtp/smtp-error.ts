import type { Secret } from '../../../platform/secret.ts';
import { oneLine } from '../../kit/portable-text.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/** What the mail server said, in codes (RFC 5321) and enhanced codes (RFC 3463), and what the client library made of it. */

interface Reply {
  /** 250, 550, … */
  code: number;
  /** `5.1.1`, … where the server gives one. */
  enhanced: string;
  /** The step: `CONN`, `AUTH PLAIN`, `MAIL FROM`, `RCPT TO`, `DATA`, … */
  command: string;
  text: string;
}

interface Verdict {
  kind: ProviderErrorKind;
  advice?: string;
}

const MAX_WORDS = 300;

/** Errors of the library as ours; everything else comes back as it is. */
export function mailTrouble(error: unknown, operation: string, password: Secret | undefined): unknown {
  if (error instanceof ProviderError || !(error instanceof Error)) return error;
  const code = field(error, 'code');
  if (typeof code !== 'string') return error;
  const reply = replyOf(error);
  const { kind, advice } = reply === null ? withoutReply(code, error.message) : judge(reply, code);
  const words = reply === null ? '' : `: ${redacted(reply.text, password)}`;
  return new ProviderError(kind, `${PROVIDER}: ${operation} failed${words}${advice === undefined ? '' : ` (${advice})`}`, {
    provider: PROVIDER,
    status: reply?.code,
  });
}

function replyOf(error: Error): Reply | null {
  const code = field(error, 'responseCode');
  const text = field(error, 'response');
  if (typeof code !== 'number' || typeof text !== 'string') return null;
  const [, enhanced = ''] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(text) ?? [];
  return { code, enhanced, command: String(field(error, 'command') ?? ''), text };
}

function judge({ code, enhanced, command, text }: Reply, what: string): Verdict {
  if (code >= 400 && code < 500) return { kind: isTooMuch(enhanced, text) ? 'rate-limited' : 'unavailable' };
  if (code === 530 || code === 534 || code === 535 || code === 538 || what === 'EAUTH') {
    return { kind: 'unauthorized', advice: 'check user and password; mailboxes with two factors want an app password' };
  }
  if (what === 'ETLS')
    return { kind: 'invalid', advice: 'the server offers no encryption: name one that does, or smtps:// where it listens for that' };
  if (code === 552 || code === 523 || enhanced === '5.3.4' || enhanced === '5.2.3')
    return { kind: 'invalid', advice: 'the mail is too large for the server' };
  if (enhanced.startsWith('5.7.')) return { kind: 'forbidden', advice: 'the server does not let us send this mail: ask whoever runs it' };
  if (command === 'MAIL FROM')
    return { kind: 'forbidden', advice: 'the server does not let us send from this address: check the setting from' };
  if (command === 'RCPT TO' && isNoMailbox(code, enhanced)) return { kind: 'not-found', advice: 'the server knows no such mailbox' };
  return { kind: 'invalid' };
}

const isNoMailbox = (code: number, enhanced: string) =>
  enhanced.startsWith('5.1.') || (enhanced === '' && (code === 550 || code === 551 || code === 553 || code === 556));

const isTooMuch = (enhanced: string, text: string) =>
  enhanced === '4.7.28' || enhanced === '4.5.3' || /too (many|much|fast)|rate|throttl|limit/i.test(text);

function withoutReply(code: string, message: string): Verdict {
  if (code === 'EAUTH' || code === 'ENOAUTH') return { kind: 'unauthorized', advice: 'the server offers no way to sign in that we know' };
  if (code === 'EPROTOCOL') return { kind: 'malformed', advice: 'what answers there is no mail server: check host and port' };
  if (code === 'ETLS' || code === 'ESOCKET') return ofTls(message);
  return code === 'EENVELOPE' || code === 'EMESSAGE' ? { kind: 'invalid' } : { kind: 'unavailable', advice: 'the connection broke off' };
}

/** A handshake that broke off may pass; a certificate that is not trusted stays that. */
function ofTls(message: string): Verdict {
  if (/certificate|self.signed|altnames|issuer/i.test(message))
    return { kind: 'invalid', advice: 'the certificate of the server is not trusted: put that of your own authority into the settings' };
  if (/wrong version number|packet length|unknown protocol|unsupported protocol/i.test(message))
    return { kind: 'invalid', advice: 'the server speaks no TLS there: smtps:// is for port 465, smtp:// for 587' };
  return { kind: 'unavailable', advice: 'the connection broke off' };
}

/** In one line, without the password in any form that it was sent in. */
function redacted(text: string, password: Secret | undefined): string {
  let words = oneLine(text, MAX_WORDS);
  if (password === undefined) return words;
  const value = password.reveal();
  for (const form of [value, Buffer.from(value).toString('base64')]) words = words.replaceAll(form, password.toString());
  return words;
}

const field = (error: Error, name: string): unknown => (name in error ? Reflect.get(error, name) : undefined);
