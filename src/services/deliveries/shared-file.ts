import { parseJson } from '../../db/schema/columns.ts';
import type { NotificationType } from '../../domain/release/notification-data.ts';

/** A file that somebody shares is a delivery of this type. */
export const FILE_SHARED = 'FILE_SHARED' satisfies NotificationType;

/** What the row of such a delivery holds, as its command wrote it. */
export interface SharedFile {
  file: { buildId: string } | { notesId: string; cycle: number | null };
  /** How the file was called when it was shared. */
  name: string;
  channelIds: string[];
  comment: string | null;
  /** Name of whoever shared it. */
  by: string | null;
  /** Where links lead to, without trailing slash. */
  publicUrl: string;
}

export interface SharedFileView {
  what: { buildId: string } | { notes: number | 'final' };
  name: string;
  /** Where it goes, whatever became of it there. */
  channelIds: string[];
  comment: string | null;
}

/** @param data of a row of this type; null = the delivery is no shared file */
export function sharedFileView(data: unknown): SharedFileView | null {
  const shared = parseJson(data) as SharedFile | null;
  if (shared === null) return null;
  const { file, name, channelIds, comment } = shared;
  return { what: 'buildId' in file ? { buildId: file.buildId } : { notes: file.cycle ?? 'final' }, name, channelIds, comment };
}
