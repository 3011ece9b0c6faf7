import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import mysql from 'mysql2/promise';

/* What a handler costs that only asks and answers: one hand-written statement and `c.json`; no token, no validation, no log, no metrics. */
const { DATABASE_URL = '', PORT = '0', POOL_SIZE = '10' } = process.env;
const pool = mysql.createPool({
  uri: DATABASE_URL,
  connectionLimit: Number(POOL_SIZE),
  maxIdle: Number(POOL_SIZE),
  timezone: 'Z',
  charset: 'utf8mb4',
});
const app = new Hono();

const one = `
  SELECT r.id, r.display_number AS displayNumber, r.config_id AS configId, r.type, r.description, r.branch, r.base_branch AS baseBranch,
         r.base_release_id AS baseReleaseId, r.fork_commit AS forkCommit, r.release_tag AS releaseTag, r.build_mode AS buildMode,
         r.kick_off_reminder_date AS kickOffReminderDate, r.kick_off_date AS kickOffDate, r.target_release_date AS targetReleaseDate,
         r.delay_reason AS delayReason, r.release_date AS releaseDate, r.archived_at AS archivedAt, r.attention, r.created_at AS createdAt,
         r.updated_at AS updatedAt, r.created_by_account_id AS createdBy, r.pilot_account_id AS pilot, n.status, n.held,
         n.started_at AS startedAt, n.ended_at AS endedAt
  FROM releases r JOIN runs n ON n.id = r.run_id WHERE r.tenant_id = ? AND r.id = ?`;

const page = `
  SELECT r.id, r.display_number AS displayNumber, r.type, r.branch, r.release_tag AS releaseTag, r.kick_off_date AS kickOffDate,
         r.target_release_date AS targetReleaseDate, r.release_date AS releaseDate, r.created_at AS createdAt, n.status, n.held
  FROM releases r FORCE INDEX (releases_tenant) JOIN runs n ON n.id = r.run_id WHERE r.tenant_id = ? AND r.id < ? ORDER BY r.id DESC LIMIT 20`;

app.get('/tenants/:tenantId/releases/:id', async (c) => {
  const [rows] = await pool.query<mysql.RowDataPacket[]>(one, [c.req.param('tenantId'), c.req.param('id')]);
  return rows[0] === undefined ? c.notFound() : c.json(rows[0]);
});
app.get('/tenants/:tenantId/releases', async (c) => {
  const [rows] = await pool.query<mysql.RowDataPacket[]>(page, [c.req.param('tenantId'), c.req.query('before')]);
  return c.json({ items: rows });
});
serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, () => process.send?.('ready'));
