import type { AdapterDeps, Category } from '../../kit/define-provider.ts';
import type { ProviderError } from '../../kit/provider-error.ts';
import { asked } from './asked.ts';
import { readInstallation } from './auth.ts';
import type { AppCredentials, GithubConnection } from './identity.ts';
import type { GithubInstallation } from './schema.ts';

type Level = 'read' | 'write';

/** Permissions as the API names them, and as the settings page of an app does. */
const needs: Record<'scm' | 'ci-cd', { permission: string; title: string; level: Level }[]> = {
  scm: [
    { permission: 'contents', title: 'Contents', level: 'write' },
    { permission: 'pull_requests', title: 'Pull requests', level: 'write' },
    { permission: 'repository_hooks', title: 'Webhooks', level: 'write' },
  ],
  'ci-cd': [
    { permission: 'actions', title: 'Actions', level: 'write' },
    { permission: 'contents', title: 'Contents', level: 'read' },
    { permission: 'repository_hooks', title: 'Webhooks', level: 'write' },
  ],
};

export type AppVerification = { account: string; problems: [] } | { account: null; problems: string[] };

/** Asks GitHub, as the app, for its installation: whether it serves the repository, is not suspended, and what it has been granted. */
export async function verifyInstallation(
  connection: GithubConnection,
  credentials: AppCredentials,
  deps: AdapterDeps,
  category: Category,
): Promise<AppVerification> {
  const { answer: installation, refusal } = await asked(readInstallation(connection, credentials, deps));
  const where = `${connection.settings.owner}/${connection.settings.repo}`;
  if (refusal) return { account: null, problems: [installationProblem(refusal, credentials, where)] };
  const found = [
    ...(installation.suspended_at === null
      ? []
      : [`The installation of the app is suspended: an owner can unsuspend it at ${installation.html_url}.`]),
    ...missingPermissions(installation, category),
  ];
  return found.length > 0 ? { account: null, problems: found } : { account: `${installation.app_slug}[bot]`, problems: [] };
}

function missingPermissions({ permissions, html_url }: GithubInstallation, category: Category): string[] {
  const wanted = needs[category === 'ci-cd' ? 'ci-cd' : 'scm'];
  return wanted
    .filter(({ permission, level }) => !grants(permissions[permission], level))
    .map(
      ({ title, level }) =>
        `The installation lacks the permission ${title}: ${level === 'write' ? 'read and write' : 'read'}. Add it to the app, then accept it at ${html_url}.`,
    );
}

function grants(granted: string | undefined, level: Level): boolean {
  return granted === 'write' || granted === 'admin' || granted === level;
}

function installationProblem(refusal: ProviderError, { installationId }: AppCredentials, where: string): string {
  switch (refusal.kind) {
    case 'unauthorized':
      return 'GitHub does not accept the app ID with this private key: check both, and that the key has not been deleted.';
    case 'not-found':
      return installationId
        ? `The app has no installation ${installationId}: take the number from the address of the installation, or leave it out.`
        : `The app is not installed on ${where}: install it and give it access to this repository.`;
    case 'malformed':
      return 'The base URL does not answer like the API of GitHub (GitHub Enterprise Server: https://<host>/api/v3).';
    default:
      return `GitHub does not tell about the installation: ${refusal.message}`;
  }
}
