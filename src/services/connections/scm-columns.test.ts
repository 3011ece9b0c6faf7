import { describe, expect, it } from 'vitest';
import { scmColumns } from './scm-columns.ts';

describe('columns of a source-control connection', () => {
  it.each([
    [
      { owner: 'acme', repo: 'app', defaultBranch: 'main' },
      { owner: 'acme', repo: 'app', default_branch: 'main' },
    ],
    [
      { workspace: 'acme', repo: 'app' },
      { owner: 'acme', repo: 'app', default_branch: null },
    ],
    [
      { project: 'acme/mobile/app', defaultBranch: 'trunk' },
      { owner: 'acme/mobile', repo: 'app', default_branch: 'trunk' },
    ],
    [{ project: 'acme/app' }, { owner: 'acme', repo: 'app', default_branch: null }],
    [{ project: '4711' }, { owner: null, repo: '4711', default_branch: null }],
    [
      { owner: 7, repo: null },
      { owner: null, repo: null, default_branch: null },
    ],
    [null, { owner: null, repo: null, default_branch: null }],
  ])('show owner and repository of %j', (settings, columns) => {
    expect(scmColumns(settings)).toEqual(columns);
  });
});
