import { isValid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { BlockerStatus } from '../../domain/blockers/blocker.ts';
import { notFound } from '../service-error.ts';

/** What a change of a blocker looks at. */
export interface BlockerRow {
  id: string;
  status: BlockerStatus;
  openings: number;
  title: string;
  url: string | null;
  ticketKey: string | null;
}

const COLUMNS = 'id, status, openings, title, url, ticket_key AS ticketKey';

/** Locked. The release is locked before. @throws ServiceError not-found, for a blocker of another release as well */
export async function lockBlocker(tx: Tx, tenantId: string, releaseId: string, id: string): Promise<BlockerRow> {
  const [row] = isValid(id)
    ? await tx.rows<BlockerRow>(`SELECT ${COLUMNS} FROM release_blockers WHERE tenant_id = ? AND release_id = ? AND id = ? FOR UPDATE`, [
        tenantId,
        releaseId,
        id,
      ])
    : [];
  if (row === undefined) throw notFound('The blocker');
  return row;
}

/** Locked; null when the ticket never blocked this release. */
export async function lockBlockerOfTicket(tx: Tx, tenantId: string, releaseId: string, ticketKey: string): Promise<BlockerRow | null> {
  const [row] = await tx.rows<BlockerRow>(
    `SELECT ${COLUMNS} FROM release_blockers WHERE tenant_id = ? AND release_id = ? AND ticket_key = ? FOR UPDATE`,
    [tenantId, releaseId, ticketKey],
  );
  return row ?? null;
}

/** As people call it: `APP-12: Crash on start`. */
export const labelOf = ({ ticketKey, title }: Pick<BlockerRow, 'ticketKey' | 'title'>) =>
  ticketKey === null ? title : `${ticketKey}: ${title}`;
