import type { Commit, PlayClient } from './client.ts';

/*
 * Edits: copies of an app's state, of which Google keeps one at a time: opening or committing another one ends them. So each is opened as late and
 * ended as early as can be. A process that dies before the commit has written nothing, and Google forgets the edit; after the commit
 * whoever comes next reads what is there. A commit whose answer is lost is not repeated here.
 */

export interface OpenEdit {
  id: string;
  /** The last call of an edit. One that is refused leaves it open. */
  commit(options?: Commit): Promise<void>;
}

/** Reads in an edit that is dropped. Null where there is no such app. */
export async function inReadEdit<T>(client: PlayClient, app: string, read: (edit: string) => Promise<T>): Promise<T | null> {
  const id = await client.findEdit(app);
  if (id === null) return null;
  try {
    return await read(id);
  } finally {
    await drop(client, app, id);
  }
}

/** Drops what was not committed. Throws `not-found` where there is no such app. */
export async function inEdit<T>(client: PlayClient, app: string, work: (edit: OpenEdit) => Promise<T>): Promise<T> {
  const id = await client.openEdit(app);
  let isCommitted = false;
  const commit = async (options: Commit = {}) => {
    await client.commitEdit(app, id, options);
    isCommitted = true;
  };
  try {
    return await work({ id, commit });
  } finally {
    if (!isCommitted) await drop(client, app, id);
  }
}

/** As far as possible: one that stays is in nobody's way and expires. */
async function drop(client: PlayClient, app: string, id: string): Promise<void> {
  await client.deleteEdit(app, id).catch(() => undefined);
}
