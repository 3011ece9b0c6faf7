import { whyBranchStays, whyTagStays } from '../../domain/release/clean-up.ts';
import type { SourceControl } from '../../integrations/capabilities/source-control.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { OpenConnection } from '../connections/connect.ts';
import { displayIdOf } from '../releases/release-row.ts';
import { repositoryLock } from '../releases/repository-lock.ts';
import { type CarryOut, type CleanUpContext, done, kept } from './clean-up-context.ts';

/* Looks, judges, and deletes exactly what it has looked at: whoever pushes or moves the tag in between makes it a conflict, and the next look. */

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

export const deleteBranch: CarryOut = (context) =>
  locked(context, async (open) => {
    const { cleanUp, release } = context;
    const { subject: name } = cleanUp;
    const scm = scmOf(open);
    const branch = await scm.findBranch(name);
    if (branch === null) return done(`There is no branch ${name} any more.`);
    const facts = { name, baseBranch: release.baseBranch, usedBy: await usersOf(context), force: cleanUp.force };
    const isProtected = name === release.baseBranch || (await scm.branchProtection(name)) !== null;
    const { aheadBy } = name === release.baseBranch ? { aheadBy: 0 } : await scm.compare(release.baseBranch, branch.head);
    const why = whyBranchStays({ ...facts, isProtected, unreachable: aheadBy });
    if (why !== null) return kept(why);
    await scm.deleteBranch(name, { expectedHead: branch.head });
    return done(`The branch ${name} was deleted; it stood on ${branch.head}.`);
  });

export const deleteTag: CarryOut = (context) =>
  locked(context, async (open) => {
    const { subject: name } = context.cleanUp;
    const scm = scmOf(open);
    const tag = await scm.findTag(name);
    if (tag === null) return done(`There is no tag ${name} any more.`);
    const objects = open.provider.releaseObjects?.(open.connection, open.deps);
    const published = objects === undefined ? null : await objects.findReleaseObject(name);
    const expected = await expectedCommit(context);
    const why = whyTagStays({ name, expected, commit: tag.commit, hasReleaseObject: published !== null });
    if (why !== null) return kept(why);
    await scm.deleteTag(name, { expectedCommit: tag.commit });
    return done(`The tag ${name} was deleted; it stood on ${tag.commit}.`);
  });

function locked(context: CleanUpContext, work: (open: OpenConnection) => ReturnType<CarryOut>): ReturnType<CarryOut> {
  const { config } = context.release;
  return context.locks.withLock(repositoryLock(config), LOCK, async () => work(await context.open('scm', config.scmIntegrationId)));
}

function scmOf({ provider, connection, deps }: OpenConnection): SourceControl {
  const scm = provider.sourceControl?.(connection, deps);
  if (scm === undefined) throw lacks(provider, 'source control');
  return scm;
}

/** Releases of the same repository that are not called off and have the branch as theirs, or as their base. */
async function usersOf({ db, cleanUp, release }: CleanUpContext): Promise<string[]> {
  const rows = await db.rows<{ displayNumber: number }>(
    `SELECT display_number AS displayNumber FROM releases
     WHERE tenant_id = ? AND id <> ? AND archived_at IS NULL AND (branch = ? OR base_branch = ?)
       AND JSON_UNQUOTE(JSON_EXTRACT(config, '$.scmIntegrationId')) = ? ORDER BY display_number LIMIT 5`,
    [cleanUp.tenantId, cleanUp.scopeId, cleanUp.subject, cleanUp.subject, release.config.scmIntegrationId],
  );
  return rows.map(({ displayNumber }) => displayIdOf(displayNumber));
}

/** Where the release had put the tag: a candidate's own commit, the release's on its last candidate. */
async function expectedCommit({ db, cleanUp, release }: CleanUpContext): Promise<string | null> {
  const [row] = await db.rows<{ commit: string | null }>(
    `SELECT rc_commit AS \`commit\` FROM regression_cycles WHERE tenant_id = ? AND release_id = ? AND rc_commit IS NOT NULL
       AND (rc_tag = ? OR ? = ?) ORDER BY rc_tag = ? DESC, number DESC LIMIT 1`,
    [cleanUp.tenantId, cleanUp.scopeId, cleanUp.subject, cleanUp.subject, release.releaseTag ?? '', cleanUp.subject],
  );
  return row?.commit ?? null;
}
