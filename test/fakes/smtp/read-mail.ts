/** Reads the mails our adapter writes, as a mail program would: one text and one HTML alternative. */

export interface ReadMail {
  /** Lower-case names; unfolded, decoded. */
  headers: Record<string, string>;
  text: string;
  html: string;
}

export function readMail(raw: Buffer): ReadMail {
  const { headers, body } = split(raw.toString('latin1'));
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '') ?? [];
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => split(part.replace(/^\r\n/, '')));
  const content = (type: string) => {
    const part = parts.find((each) => each.headers['content-type']?.startsWith(type));
    return part === undefined ? '' : decoded(part.body, part.headers['content-transfer-encoding'] ?? '');
  };
  return { headers, text: content('text/plain'), html: content('text/html') };
}

function split(text: string): { headers: Record<string, string>; body: string } {
  const end = text.indexOf('\r\n\r\n');
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), words(line.slice(line.indexOf(':') + 1).trim())]),
  );
  return { headers, body: text.slice(end + 4) };
}

function decoded(body: string, encoding: string): string {
  const bytes =
    encoding === 'base64' ? Buffer.from(body, 'base64') : encoding === 'quoted-printable' ? quoted(body) : Buffer.from(body, 'latin1');
  return bytes.toString('utf8').replaceAll('\r\n', '\n').trim();
}

const quoted = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

/** Encoded words (RFC 2047); the blank between two of them is none. */
const words = (text: string): string =>
  text
    .replace(/(=\?[^?]+\?[QB]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_all, how: string, content: string) =>
      (how.toUpperCase() === 'B' ? Buffer.from(content, 'base64') : quoted(content.replaceAll('_', ' '))).toString('utf8'),
    );
