import { describe, expect, it } from 'vitest';
import { branchJobName, buildOfUrl, isJobPath, jobPathOfUrl, jobUrlPath } from './job-path.ts';
import { readHandle } from './run-handle.ts';

describe('paths of Jenkins jobs', () => {
  it.each([
    ['main', 'main', '/job/app/job/main'],
    ['release/1.2', 'release%2F1.2', '/job/app/job/release%252F1.2'],
    ['50%#[x]', '50%25%23%5Bx%5D', '/job/app/job/50%2525%2523%255Bx%255D'],
    ['grün & blau', 'grün & blau', '/job/app/job/gr%C3%BCn%20%26%20blau'],
  ])('name the job of the branch %s as Jenkins does', (branch, name, url) => {
    expect(branchJobName(branch)).toBe(name);
    expect(jobUrlPath(`app/${name}`)).toBe(url);
    expect(isJobPath(`app/${name}`)).toBe(true);
    expect(jobPathOfUrl(`https://ci.example/jenkins${url}/`)).toBe(`app/${name}`);
    expect(buildOfUrl(`https://ci.example/jenkins${url}/12/`)).toEqual({ path: `app/${name}`, number: 12 });
  });

  it.each(['.', '..', ''])('keep the branch %j from walking up the address', (branch) => {
    expect(isJobPath(branchJobName(branch))).toBe(true);
  });

  it.each(['', '/', 'a//b', 'a/../b', './a', 'a?b', 'a#1', 'a\\b', 'a\nb', 'x'.repeat(500)])('%j is no path', (path) => {
    expect(isJobPath(path)).toBe(false);
    expect(readHandle(`build:${path}#1`)).toBeNull();
    expect(readHandle(`queue:1:${path}`)).toBeNull();
  });

  it.each(['https://ci.example/', 'job/', 'https://ci.example/job/a/12/', 'https://ci.example/job/%E0%A4%A/', 'view/all/'])(
    '%s is no page of a job',
    (url) => {
      expect(jobPathOfUrl(url)).toBeNull();
    },
  );

  it('name jobs by a relative page and with the numbers of builds, too', () => {
    expect(jobPathOfUrl('job/mobile/job/team%20a/')).toBe('mobile/team a');
    expect(buildOfUrl('job/mobile/job/12/7/')).toEqual({ path: 'mobile/12', number: 7 });
    expect(buildOfUrl('https://ci.example/7/')).toBeNull();
  });
});

describe('handles of Jenkins runs', () => {
  it.each(['', '42', 'queue:0:a', 'queue:x:a', 'queue:1', 'build:a', 'build:a#0', 'build:a#x', 'build:../a#1', 'Build:a#1'])(
    '%j is none',
    (handle) => {
      expect(readHandle(handle)).toBeNull();
    },
  );

  it('are read as they were written', () => {
    expect(readHandle('queue:42:mobile/app/release%2F1.2')).toEqual({ kind: 'queue', id: 42, path: 'mobile/app/release%2F1.2' });
    expect(readHandle('build:mobile/app#7')).toEqual({ kind: 'build', path: 'mobile/app', number: 7 });
  });
});
