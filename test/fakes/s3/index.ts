import { createHash, createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A bucket that speaks S3: objects whole or in parts, ranges, and signatures (version 4) that must be right. Faults are answered before anything
 * is done.
 */
export interface S3Fake {
  origin: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  objects: ReadonlyMap<string, Buffer>;
  /** Uploads in parts that were neither completed nor given up. */
  open: ReadonlyMap<string, unknown>;
  /** `PUT key`, with `?partNumber` where it is a part. */
  calls: string[];
  /** The next request of this method is answered so. */
  failNext(method: string, status: number, code: string): void;
  close(): Promise<void>;
}

interface Parts {
  key: string;
  parts: Map<number, Buffer>;
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
const SMALLEST_PART = 5 * 1024 * 1024;

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export async function createS3Fake({ smallestPart = SMALLEST_PART }: { smallestPart?: number } = {}): Promise<S3Fake> {
  const access = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'a-very-secret-key-of-the-bucket',
    region: 'eu-test-1',
    bucket: 'artifacts',
  };
  const objects = new Map<string, Buffer>();
  const open = new Map<string, Parts>();
  const calls: string[] = [];
  const faults: { method: string; status: number; code: string }[] = [];

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { status, code } = error instanceof Refusal ? error : new Refusal(500, 'InternalError');
      xml(response, status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const method = request.method ?? '';
    const url = new URL(request.url ?? '/', 'http://fake');
    const [, bucket, ...rest] = url.pathname.split('/');
    const key = rest.map(decodeURIComponent).join('/');
    const part = url.searchParams.get('partNumber');
    calls.push(`${method} ${key}${part === null ? '' : `?${part}`}`);
    const fault = faults.findIndex((each) => each.method === method);
    const [due] = fault === -1 ? [] : faults.splice(fault, 1);
    if (due !== undefined) throw new Refusal(due.status, due.code);
    demandSignature(request, url, body, access);
    if (bucket !== access.bucket) throw new Refusal(404, 'NoSuchBucket');
    const uploadId = url.searchParams.get('uploadId');
    if (method === 'POST' && url.searchParams.has('uploads')) return begin(key, response);
    if (uploadId !== null) return ofUpload(method, uploadId, part, body, response);
    return ofObject(method, key, body, request, response);
  }

  function begin(key: string, response: ServerResponse): void {
    const id = randomUUID();
    open.set(id, { key, parts: new Map() });
    xml(response, 200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  function ofUpload(method: string, id: string, part: string | null, body: Buffer, response: ServerResponse): void {
    const upload = open.get(id);
    if (upload === undefined) throw new Refusal(404, 'NoSuchUpload');
    if (method === 'PUT' && part !== null) {
      upload.parts.set(Number(part), body);
      response.writeHead(200, { etag: `"${sha256(body)}"` }).end();
      return;
    }
    open.delete(id);
    if (method === 'DELETE') return void response.writeHead(204).end();
    const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) => Number(number));
    const parts = named.map((number) => upload.parts.get(number));
    if (parts.some((each) => each === undefined)) throw new Refusal(400, 'InvalidPart');
    const bytes = parts.filter((each) => each !== undefined);
    if (bytes.slice(0, -1).some((each) => each.length < smallestPart)) throw new Refusal(400, 'EntityTooSmall');
    objects.set(upload.key, Buffer.concat(bytes));
    xml(response, 200, `<CompleteMultipartUploadResult><Key>${upload.key}</Key></CompleteMultipartUploadResult>`);
  }

  function ofObject(method: string, key: string, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    if (method === 'PUT') {
      objects.set(key, body);
      response.writeHead(200, { etag: `"${sha256(body)}"` }).end();
      return;
    }
    if (method === 'DELETE') {
      objects.delete(key);
      return void response.writeHead(204).end();
    }
    const object = objects.get(key);
    if (object === undefined) throw new Refusal(404, 'NoSuchKey');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (first === undefined) return void response.writeHead(200, { 'content-length': object.length }).end(object);
    if (Number(first) >= object.length) throw new Refusal(416, 'InvalidRange');
    const slice = object.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, { 'content-length': slice.length, 'content-range': `bytes ${first}-${last}/${object.length}` }).end(slice);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on an address of the network, not on a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    ...access,
    ...{ objects, open, calls },
    origin: `http://127.0.0.1:${port}`,
    failNext: (method, status, code) => void faults.push({ method, status, code }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

function xml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

/** AWS Signature Version 4, as S3 checks it: the headers that are signed, and the digest of the body where it is said. */
function demandSignature(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  access: { accessKeyId: string; secretAccessKey: string; region: string },
): void {
  const said = request.headers.authorization ?? '';
  const [, key, date, region, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      said,
    ) ?? [];
  if (key !== access.accessKeyId || region !== access.region || date === undefined || names === undefined)
    throw new Refusal(403, 'InvalidAccessKeyId');
  const digest = String(request.headers['x-amz-content-sha256']);
  if (digest !== 'UNSIGNED-PAYLOAD' && digest !== sha256(body)) throw new Refusal(400, 'XAmzContentSHA256Mismatch');
  const query = [...url.searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort();
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, url.pathname, query.join('&'), headers.join(''), names, digest].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const signing = hmac(hmac(hmac(hmac(`AWS4${access.secretAccessKey}`, date), region ?? ''), 's3'), 'aws4_request');
  if (hmac(signing, text).toString('hex') !== signature) throw new Refusal(403, 'SignatureDoesNotMatch');
}
