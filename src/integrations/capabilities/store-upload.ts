import type { StoreApp, StoreBuild } from './app-store.ts';

/** A file, opened anew for each attempt: nothing holds it whole in memory. */
export interface UploadFile {
  name: string;
  sizeBytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  open(): AsyncIterable<Uint8Array>;
}

/** Handing builds to the store ourselves, where its API takes files. */
export interface StoreUpload {
  /** Looks for a build of the same digest first; uploads once. The same build number with other content is `conflict`. */
  ensureUploaded(input: { app: StoreApp; version: string; file: UploadFile }): Promise<StoreBuild>;
}
