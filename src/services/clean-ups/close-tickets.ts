import { lacks } from '../connections/ask-provider.ts';
import { findTestProject } from '../test-management-configs/test-project.ts';
import { type CarryOut, done, kept } from './clean-up-context.ts';

/** Says in the ticket that the release was called off, once, and moves it where people asked for that. */
export const closeTicket: CarryOut = async ({ db, cleanUp, release, open }) => {
  const { projectManagementConfigId: configId } = release.config;
  const [config] = await db.rows<{ integrationId: string }>(
    'SELECT integration_id AS integrationId FROM project_management_configs WHERE tenant_id = ? AND id = ?',
    [cleanUp.tenantId, configId ?? ''],
  );
  if (config === undefined) return kept('The tracker of the release is not known any more.');
  const { provider, connection, deps } = await open('project-management', config.integrationId);
  const tracker = provider.issueTracker?.(connection, deps);
  if (tracker === undefined) throw lacks(provider, 'tickets');
  const { subject: key, moveTo } = cleanUp;
  if ((await tracker.ticket(key)) === null) return done(`The ticket ${key} does not exist any more.`);
  const text = `${release.displayId} was called off${cleanUp.reason === null ? '' : `: ${cleanUp.reason}`}.`;
  await tracker.ensureComment(key, { text, marker: `signalbox-archived-${cleanUp.scopeId}` });
  if (moveTo === null) return done(`A comment in ${key} says that the release was called off.`);
  const { status } = await tracker.setStatus(key, moveTo);
  return done(`A comment in ${key} says that the release was called off; it is at "${status.name}".`);
};

/** Locks the test run, so that nobody goes on testing; what a provider without locks has stays open. */
export const closeTestRun: CarryOut = async ({ db, cleanUp, release, open }) => {
  const { testManagementConfigId: configId } = release.config;
  const project = configId === null ? null : await findTestProject(db, cleanUp.tenantId, configId);
  if (project === null) return kept('The test management of the release is not known any more.');
  const { provider, connection, deps } = await open('test-management', project.integrationId);
  const query = { projectId: project.projectId, runId: cleanUp.subject };
  const tests = provider.testManagement?.(connection, deps);
  const run = await tests?.run(query);
  if (run === null) return done('The test run does not exist any more.');
  if (run?.state.kind === 'locked' || run?.state.kind === 'archived') return done(`The test run is ${run.state.kind}.`);
  const locking = provider.testRunLocking?.(connection, deps);
  if (locking === undefined) return kept(`${provider.displayName} has no locks for test runs: close it there.`);
  await locking.lockRun(query);
  return done('The test run was locked.');
};
