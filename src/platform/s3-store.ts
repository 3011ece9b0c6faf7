import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  type Arriving,
  type ArtifactStore,
  ArtifactStoreFullError,
  ArtifactTooLargeError,
  checkedKey,
  piecesOf,
  type StoredArtifact,
} from './artifact-store.ts';
import type { Secret } from './secret.ts';

export interface S3StoreOptions {
  bucket: string;
  /** Null = Amazon's, by region. */
  endpoint: string | null;
  region: string;
  /** The bucket in the path instead of the host's name: what most servers that are not Amazon's want. */
  pathStyle: boolean;
  accessKeyId: string;
  secretAccessKey: Secret;
  /** Smallest part of an artifact that is sent at once, bytes; S3 takes no less than 5 MiB but for the last. */
  partBytes?: number;
}

const PART_BYTES = 8 * 1024 * 1024;
/** S3 takes no more. */
const MAX_PARTS = 10_000;

interface Upload {
  id: string;
  parts: { ETag: string | undefined; PartNumber: number }[];
}

/**
 * A bucket of S3, or of what speaks like it. An artifact arrives in parts, of which one is in memory, and appears with the last word: a crash before
 * that leaves parts nobody sees, which a lifecycle rule of the bucket (AbortIncompleteMultipartUpload) clears away.
 */
export function createS3Store(options: S3StoreOptions): ArtifactStore & { close(): void } {
  const { bucket: Bucket, partBytes = PART_BYTES } = options;
  const client = new S3Client({
    region: options.region,
    ...(options.endpoint === null ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.pathStyle,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey.reveal() },
    // Servers that are not Amazon's may not know checksums in trailers; what is kept is compared with our own digest.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

  async function begin(Key: string): Promise<Upload> {
    const { UploadId: id } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    if (id === undefined) throw new Error('the bucket began an upload without an id');
    return { id, parts: [] };
  }

  async function sendPart(Key: string, upload: Upload, Body: Buffer): Promise<void> {
    const PartNumber = upload.parts.length + 1;
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId: upload.id, PartNumber, Body }));
    upload.parts.push({ ETag, PartNumber });
  }

  async function receive(Key: string, body: Arriving, maxBytes: number, upload: { now: Upload | null }): Promise<StoredArtifact> {
    const size = Math.max(partBytes, Math.ceil(maxBytes / MAX_PARTS));
    const hash = createHash('sha256');
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    let sizeBytes = 0;
    for await (const piece of piecesOf(body)) {
      sizeBytes += piece.length;
      if (sizeBytes > maxBytes) throw new ArtifactTooLargeError(`The artifact is larger than ${maxBytes} bytes.`);
      hash.update(piece);
      waiting.push(piece);
      waitingBytes += piece.length;
      if (waitingBytes < size) continue;
      upload.now ??= await begin(Key);
      await sendPart(Key, upload.now, Buffer.concat(waiting));
      waiting = [];
      waitingBytes = 0;
    }
    const rest = Buffer.concat(waiting);
    if (upload.now === null) await client.send(new PutObjectCommand({ Bucket, Key, Body: rest }));
    else {
      if (rest.length > 0) await sendPart(Key, upload.now, rest);
      const { id: UploadId, parts: Parts } = upload.now;
      await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    }
    return { sizeBytes, sha256: hash.digest('hex') };
  }

  return {
    async put(key, body, { maxBytes }) {
      const Key = checkedKey(key);
      const upload: { now: Upload | null } = { now: null };
      try {
        return await receive(Key, body, maxBytes, upload);
      } catch (error) {
        // Should this fail, too, the bucket's lifecycle rule does it.
        if (upload.now !== null) {
          await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: upload.now.id })).catch(() => undefined);
        }
        throw isFull(error) ? new ArtifactStoreFullError('The bucket of artifacts is full.', { cause: error }) : error;
      }
    },

    async open(key, range) {
      const Range = range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` };
      try {
        const found = await client.send(new GetObjectCommand({ Bucket, Key: checkedKey(key), ...Range }));
        if (!(found.Body instanceof Readable)) throw new Error('the bucket answered without a body');
        const whole = Number(found.ContentRange?.split('/')[1] ?? found.ContentLength ?? 0);
        return { body: contentOf(found.Body), sizeBytes: whole };
      } catch (error) {
        if (error instanceof NoSuchKey) return null;
        throw error;
      }
    },

    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: checkedKey(key) }));
    },

    close: () => client.destroy(),
  };
}

const isFull = (error: unknown) =>
  error instanceof S3ServiceException && (error.$metadata.httpStatusCode === 507 || /StorageFull|QuotaExceeded/.test(error.name));

/** Read when it is asked for; given up, its connection ends. */
function contentOf(body: Readable): ReadableStream<Uint8Array> {
  const pieces = body.iterator();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  );
}
