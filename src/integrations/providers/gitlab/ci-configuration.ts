import { type CiFile, readCiFile } from './ci-file.ts';
import type { GitlabCiClient } from './client-ci.ts';
import { isAbsent, trouble } from './gitlab-error.ts';
import type { GitlabProject } from './schema.ts';
import { storedText } from './stored-file.ts';

const DEFAULT_PATH = '.gitlab-ci.yml';
const NOTHING: CiFile = { inputs: [], nameShows: () => false };

export function configurationPath(project: Pick<GitlabProject, 'ci_config_path'>): string {
  return project.ci_config_path || DEFAULT_PATH;
}

/**
 * The project's CI/CD configuration as of a ref; `null` where there is none. It may live in another project (`path@group/project:ref`), or
 * at an address outside of GitLab, which is not read: then nothing is known to be declared.
 */
export async function readConfiguration(client: GitlabCiClient, project: GitlabProject, ref: string): Promise<CiFile | null> {
  const at = configurationPath(project);
  if (/^https?:\/\//i.test(at)) return NOTHING;
  const [path = '', elsewhere] = at.split('@', 2);
  const [from, fromRef = 'HEAD'] = elsewhere?.split(':', 2) ?? [];
  const stored = await (from ? client.file(path, fromRef, from) : client.file(path, ref)).catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw error;
  });
  if (!stored) return null;
  const file = readCiFile(storedText(stored, at));
  if (!file) throw trouble('invalid', `${at} at ${ref} is not a valid CI/CD configuration`);
  return file;
}
