/**
 * Jobs are named by their full name: the names of the folders and the job, separated by slashes (`mobile/android/build`). In a URL each
 * name is a segment of its own behind `job/`. A multibranch pipeline has one job per branch, whose name is the encoded branch.
 */

const ENCODED: Readonly<Record<string, string>> = {
  '#': '%23',
  '%': '%25',
  '/': '%2F',
  '?': '%3F',
  '[': '%5B',
  '\\': '%5C',
  ']': '%5D',
};

/** Name of a branch's job in a multibranch pipeline (`NameEncoder` of the Branch API plugin): `release/1.2` is `release%2F1.2`. */
export function branchJobName(branch: string): string {
  if (branch === '') return '%00';
  if (branch === '.') return '%2E';
  if (branch === '..') return '%2E.';
  return branch.replace(/[#%/?[\\\]]/g, (character) => ENCODED[character] ?? character);
}

/** Path of a job's page, without slash at the end; a branch job's `%2F` becomes `%252F`, as Jenkins writes it itself. */
export function jobUrlPath(path: string): string {
  return path
    .split('/')
    .map((name) => `/job/${encodeURIComponent(name)}`)
    .join('');
}

/** Whether text names a job. `.`, `..` and empty names would walk up the URL. */
export function isJobPath(path: string): boolean {
  return path.length <= 450 && path.split('/').every(isName);
}

/** Characters that neither Jenkins (`checkGoodName`) nor the encoding of branches lets into a name; others may stand in a branch. */
function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[?*\\#[\]:\p{Cc}]/u.test(name);
}

/** The job a page of Jenkins belongs to, whatever host and context path Jenkins believes to have; `null` for pages of builds and others. */
export function jobPathOfUrl(url: string): string | null {
  const segments = /(?:^|\/)((?:job\/[^/?#]+\/?)+)$/.exec(url.replace(/[?#].*$/, ''))?.[1];
  if (segments === undefined) return null;
  try {
    const path = [...segments.matchAll(/job\/([^/]+)/g)].map((segment) => decodeURIComponent(segment[1] ?? '')).join('/');
    return isJobPath(path) ? path : null;
  } catch {
    return null;
  }
}

/** Job and number of a build's page. */
export function buildOfUrl(url: string): { path: string; number: number } | null {
  const match = /^(.*)\/([1-9]\d{0,9})\/?$/.exec(url.replace(/[?#].*$/, ''));
  const path = match && jobPathOfUrl(match[1] ?? '');
  return path ? { path, number: Number(match[2]) } : null;
}
