/** The parts of a `multipart/form-data` body, as bytes. `null`: not such a body. */

export interface Part {
  name: string;
  /** `null`: a plain field. */
  filename: string | null;
  attributes: string | null;
  content: Buffer;
}

export function readMultipart(contentType: string, body: Buffer): Part[] | null {
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]+)"?$/.exec(contentType)?.[1];
  if (boundary === undefined) return null;
  const parts: Part[] = [];
  const delimiter = Buffer.from(`--${boundary}`);
  let at = body.indexOf(delimiter);
  while (at !== -1) {
    const start = at + delimiter.length;
    const end = body.indexOf(delimiter, start);
    if (end === -1) break;
    const part = readPart(body.subarray(start + 2, end - 2));
    if (part === null) return null;
    parts.push(part);
    at = end;
  }
  return parts.length === 0 ? null : parts;
}

function readPart(bytes: Buffer): Part | null {
  const blank = bytes.indexOf('\r\n\r\n');
  const head = bytes.subarray(0, Math.max(blank, 0)).toString('utf8');
  const disposition = /^content-disposition: form-data; (.*)$/im.exec(head)?.[1];
  const parameter = (name: string) => new RegExp(`(?:^|; )${name}="([^"]*)"`).exec(disposition ?? '')?.[1] ?? null;
  const name = parameter('name');
  if (blank === -1 || name === null) return null;
  return { name, filename: parameter('filename'), attributes: parameter('x-attributes'), content: bytes.subarray(blank + 4) };
}
