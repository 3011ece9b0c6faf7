import type { ReleaseTaskType } from './task-types.ts';
import type { Platform } from './vocabulary.ts';

/** What people and CI may upload: which file for which build. */

export const uploadTypes = ['PRE_REGRESSION_BUILD', 'REGRESSION_BUILD', 'TEST_FLIGHT_BUILD', 'AAB_BUILD'] as const;
export type UploadType = (typeof uploadTypes)[number];

/** The task that takes uploads of this type. */
export const buildTaskOf: Record<UploadType, ReleaseTaskType> = {
  PRE_REGRESSION_BUILD: 'TRIGGER_PRE_REGRESSION_BUILDS',
  REGRESSION_BUILD: 'TRIGGER_REGRESSION_BUILDS',
  TEST_FLIGHT_BUILD: 'TRIGGER_TEST_FLIGHT_BUILD',
  AAB_BUILD: 'CREATE_AAB_BUILD',
};

export interface UploadedFile {
  platform: Platform;
  type: UploadType;
  fileName: string;
}

const extensions: Record<Platform, readonly string[]> = {
  IOS: ['.ipa'],
  ANDROID: ['.apk', '.aab'],
  WEB: ['.zip', '.tgz', '.tar.gz'],
};

/** Stores take nothing else. */
const storeFiles: Partial<Record<UploadType, { platform: Platform; extension: string }>> = {
  TEST_FLIGHT_BUILD: { platform: 'IOS', extension: '.ipa' },
  AAB_BUILD: { platform: 'ANDROID', extension: '.aab' },
};

/** What is wrong with the query of an upload; fields as `?name`. */
export function uploadProblems({ platform, type, fileName }: UploadedFile): { field: string; message: string }[] {
  const store = storeFiles[type];
  if (store !== undefined && store.platform !== platform) return [{ field: '?type', message: `is a build of ${store.platform}` }];
  const allowed = store === undefined ? extensions[platform] : [store.extension];
  if (allowed.some((extension) => fileName.toLowerCase().endsWith(extension) && fileName.length > extension.length)) return [];
  return [{ field: '?fileName', message: `must end in ${allowed.join(' or ')} for ${type} of ${platform}` }];
}

/** Bytes that tell a kind of file; a store would refuse hours later what does not begin with them. */
export const MAGIC_BYTES = 4;
const ZIP = [0x50, 0x4b, 0x03, 0x04];
const GZIP = [0x1f, 0x8b];

/** Whether a file that begins so can be what its name says: apps and bundles are ZIP archives. @param head its first `MAGIC_BYTES` */
export function beginsLike(fileName: string, head: Uint8Array): boolean {
  const magic = /\.(tgz|tar\.gz)$/i.test(fileName) ? GZIP : ZIP;
  return magic.every((byte, index) => head[index] === byte);
}
