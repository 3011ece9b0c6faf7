import { createHash } from 'node:crypto';

/**
 * Files in the git model are texts. Files that are no text, or have an attribute, stand there under a handle; here are their bytes.
 */
export interface Blob {
  bytes: Buffer;
  attributes: string[];
}

export class Blobs {
  readonly #odd = new Map<string, Blob>();

  /** What the git model holds for a file. */
  put(bytes: Buffer, attributes: string[] = []): string {
    const text = bytes.toString('utf8');
    if (attributes.length === 0 && Buffer.from(text).equals(bytes)) return text;
    const digest = createHash('sha1').update(attributes.join()).update(bytes).digest('hex');
    const handle = `blob ${digest}`;
    this.#odd.set(handle, { bytes, attributes });
    return handle;
  }

  get(value: string): Blob {
    return this.#odd.get(value) ?? { bytes: Buffer.from(value), attributes: [] };
  }
}
