import { randomUUID } from 'node:crypto';
import { trouble } from './identity.ts';

/** A commit made by uploading files (`POST …/src`, multipart/form-data). */
export interface CommitInput {
  branch: string;
  /** The head the commit was decided on; Bitbucket refuses when the branch has moved. */
  parent: string;
  message: string;
  /** `Name <mail>`; the credential's account when `null`. */
  author: string | null;
  written: readonly FileContent[];
  removed: readonly string[];
}

export interface FileContent {
  path: string;
  bytes: Uint8Array;
  /** `executable`, `link` or neither: an upload without it would make a plain file of it. */
  attribute: 'executable' | 'link' | null;
}

export interface UploadedCommit {
  contentType: string;
  body: Uint8Array<ArrayBuffer>;
}

/** Built by hand: the standard form type cannot carry `x-attributes`. */
export function commitForm(input: CommitInput): UploadedCommit {
  const boundary = `signalbox-${randomUUID()}`;
  const parts: Uint8Array[] = [];
  const part = (disposition: string, content: Uint8Array | string, headers = '') => {
    parts.push(
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${headers}\r\n`),
      Buffer.from(content),
      CRLF,
    );
  };
  part('name="message"', input.message);
  if (input.author !== null) part('name="author"', input.author);
  part('name="branch"', input.branch);
  part('name="parents"', input.parent);
  for (const path of input.removed) part('name="files"', `/${path}`);
  for (const { path, bytes, attribute } of input.written) {
    const kind = attribute === null ? '' : `; x-attributes="${attribute}"`;
    // The slash tells a file called `message` from the message.
    part(`name="/${quotable(path)}"; filename="${quotable(path.slice(path.lastIndexOf('/') + 1))}"${kind}`, bytes, OCTETS);
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: new Uint8Array(Buffer.concat(parts)) };
}

const CRLF = Buffer.from('\r\n');
const OCTETS = 'Content-Type: application/octet-stream\r\n';

/** Servers disagree on how these are escaped in a header, and a wrong guess writes another file. */
function quotable(path: string): string {
  if (!/["\\\r\n]/.test(path)) return path;
  throw trouble('conflict', `the name of file ${JSON.stringify(path)} cannot be uploaded: apply the change by hand`);
}
