import { type Ask, dataOf, maybe, PAGE_SIZE, REPO, unlessExisting } from './ask.ts';
import * as schema from './schema.ts';

/** Pull requests. */
export function pullCalls(ask: Ask) {
  const pull = `${REPO}/pulls/{pull_number}`;
  return {
    /** @param filter `head` is `<owner>:<branch>` */
    pulls: (filter: { state: string; base?: string; head?: string }, page: number) =>
      ask(
        'list pull requests',
        `GET ${REPO}/pulls`,
        { ...filter, sort: 'created', direction: 'desc', per_page: PAGE_SIZE, page },
        schema.pullsSchema,
      ),
    pullsOfCommit: (sha: string, page: number) =>
      ask(
        `list pull requests of commit ${sha}`,
        `GET ${REPO}/commits/{commit_sha}/pulls`,
        { commit_sha: sha, per_page: PAGE_SIZE, page },
        schema.pullsSchema,
      ),
    pull: (number: number) => maybe(ask(`read pull request ${number}`, `GET ${pull}`, { pull_number: number }, schema.onePullSchema)),
    createPull: (input: { head: string; base: string; title: string; body: string }) =>
      unlessExisting(ask(`open a pull request from ${input.head} into ${input.base}`, `POST ${REPO}/pulls`, input, schema.onePullSchema)),
    /** Refused unless the head is this commit. */
    mergePull: (number: number, sha: string) =>
      dataOf(
        ask(
          `merge pull request ${number}`,
          `PUT ${pull}/merge`,
          { pull_number: number, sha, merge_method: 'merge' },
          schema.mergedPullSchema,
        ),
      ),
  };
}
