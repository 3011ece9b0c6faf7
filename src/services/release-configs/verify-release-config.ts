import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import { checkWorkflows } from '../ci-cd-configs/check-workflows.ts';
import { checkChannels } from '../comm-channels/check-channels.ts';
import { askConfig } from '../configs/ask-config.ts';
import { type ConfigBody, type ConfigKind, configContents } from '../configs/config-resource.ts';
import { sourceControl } from '../connections/scm-metadata.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { checkTracker } from '../project-management-configs/check-tracker.ts';
import { invalid, type Problem, ServiceError } from '../service-error.ts';
import { checkStore } from '../store-configs/check-store.ts';
import { checkTests } from '../test-management-configs/check-tests.ts';
import { type Part, type SubConfigChanges, storeKind, subConfigs } from './sub-configs.ts';

type Check = (deps: ServiceDeps, caller: Caller, body: ConfigBody) => Promise<void>;

/** Each is given bodies of its own kind: the table says which, and schemas have let them in. */
const erased = <B extends ConfigBody>(check: (deps: ServiceDeps, caller: Caller, body: B) => Promise<void>) => check as unknown as Check;

const checks: Record<Part, Check> = {
  ci: erased(checkWorkflows),
  projectManagement: erased(checkTracker),
  testManagement: erased(checkTests),
  communication: erased(checkChannels),
};
const checkOfStore = erased(checkStore);

/** A config that a release config names or writes out: where, and what is to be found at the provider. */
interface Subject {
  /** Null: it is named, and problems inside of it are told at its name. */
  inside: string | null;
  at: string;
  body: ConfigBody;
  check: Check;
}

/**
 * Asks all providers at once whether what a release config names exists: the base branch, workflows, projects, statuses, sections, channels,
 * apps. What is not even a config of the tenant is left to be refused when it is written.
 * @throws ServiceError invalid with everything that does not exist, unavailable when a provider cannot be asked
 */
export async function verifyReleaseConfig(
  deps: ServiceDeps,
  caller: Caller,
  given: { name: string; body: ReleaseConfigBody; changes: SubConfigChanges },
): Promise<void> {
  authorise(caller, 'config:write');
  const subjects = await subjectsOf(deps, caller.tenantId, given);
  const answers = await Promise.all([
    problemsOf(() => branchExists(deps, caller, given.body)),
    ...subjects.map(async ({ inside, at, body, check }) =>
      (await problemsOf(() => check(deps, caller, body))).map(({ field, message }) =>
        inside === null ? { field: at, message: `names a config whose ${field.slice(1)} ${message}` } : { field: inside + field, message },
      ),
    ),
  ]);
  const problems = answers.flat();
  if (problems.length > 0) throw invalid(problems);
}

async function problemsOf(check: () => Promise<void>): Promise<readonly Problem[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'invalid') return error.problems;
    throw error;
  }
}

async function branchExists(deps: ServiceDeps, caller: Caller, { scmIntegrationId, baseBranch }: ReleaseConfigBody): Promise<void> {
  const body = { name: '', integrationId: scmIntegrationId };
  const problems = await problemsOf(() =>
    askConfig(deps, { kind: { category: 'scm' }, tenantId: caller.tenantId, body }, async (open) =>
      (await sourceControl(open).findBranch(baseBranch)) === null
        ? [{ field: '/baseBranch', message: 'is no branch of the repository' }]
        : [],
    ),
  );
  if (problems.length === 0) return;
  throw invalid(problems.map(({ field, message }) => ({ field: field === '/integrationId' ? '/scmIntegrationId' : field, message })));
}

async function subjectsOf(
  { db }: Pick<ServiceDeps, 'db'>,
  tenantId: string,
  { name, body, changes }: { name: string; body: ReleaseConfigBody; changes: SubConfigChanges },
): Promise<Subject[]> {
  const subjects: Subject[] = [];
  const named = async (kind: ConfigKind<ConfigBody>, id: string | null | undefined, at: string, check: Check) => {
    const content = typeof id === 'string' ? (await configContents(db, kind, tenantId, [id])).get(id) : undefined;
    if (content !== undefined) subjects.push({ inside: null, at, body: content, check });
  };
  for (const { part, field, kind } of subConfigs) {
    const change = changes[part];
    if (change === undefined) await named(kind, body[field], `/${field}`, checks[part]);
    else if (change === null) continue;
    else if ('configId' in change) await named(kind, change.configId, `/${part}/configId`, checks[part]);
    else subjects.push({ inside: `/${part}`, at: '', body: { ...change, name: change.name ?? name }, check: checks[part] });
  }
  const stores = changes.stores === undefined ? body.stores.map((store) => ({ ...store, config: undefined })) : (changes.stores ?? []);
  for (const [index, { storeConfigId, config, target }] of stores.entries()) {
    const at = `/stores/${index}`;
    if (config === undefined) await named(storeKind, storeConfigId, `${at}/storeConfigId`, checkOfStore);
    else
      subjects.push({ inside: `${at}/config`, at: '', body: { ...config, name: config.name ?? name, ...{ target } }, check: checkOfStore });
  }
  return subjects;
}
