import { setTimeout as delay } from 'node:timers/promises';
import type { PullRequest } from '../../capabilities/source-control.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { BitbucketClient } from './client.ts';
import { PROVIDER, trouble } from './identity.ts';
import { toPullRequest } from './pull-requests.ts';
import { type BitbucketPull, pullSchema } from './schema.ts';

/** When a merge that takes longer is asked about, milliseconds; after that the next attempt finds it. */
const ASKED_AFTER_MS = [200, 400, 800, 1_600];
const STILL_MERGING_MS = 5_000;

/**
 * The merge itself cannot be told which head to expect, so the head is compared right before it: a push in the instant between is merged
 * unseen. Dies between any two lines: the next attempt finds the pull request merged, or starts over.
 */
export async function mergePullRequest(client: BitbucketClient, number: number, expectedHead: string): Promise<PullRequest> {
  const pull = await client.pull(number);
  if (!pull) throw trouble('not-found', `there is no pull request ${number}`);
  if (pull.state === 'MERGED') return toPullRequest(client, pull);
  if (pull.state !== 'OPEN') throw trouble('conflict', `pull request ${number} is ${pull.state.toLowerCase()}`);
  const head = await headOf(client, pull);
  if (head === '' || !expectedHead.startsWith(head)) {
    throw trouble('conflict', `the head of pull request ${number} is ${head || 'gone'}, not ${expectedHead}`);
  }
  const merged = await merge(client, number).catch((error: unknown) => judged(client, number, error));
  return toPullRequest(client, merged);
}

/** A pull request learns of a push a little later, so our own branch is asked itself. A fork's cannot be, and a removed one is not there. */
async function headOf(client: BitbucketClient, { source, destination }: BitbucketPull): Promise<string> {
  const own = source.repository?.full_name === destination.repository?.full_name;
  const branch = own ? await client.branch(source.branch.name) : null;
  return branch?.target.hash ?? source.commit?.hash ?? '';
}

async function merge(client: BitbucketClient, number: number): Promise<BitbucketPull> {
  const { response, json } = await client.mergePull(number);
  if (response.status === 202) return ended(client, number, response.headers.get('location'));
  const pull = pullSchema.safeParse(json);
  if (pull.success && pull.data.state === 'MERGED') return pull.data;
  throw trouble('malformed', `merging pull request ${number} answered ${response.status} without the merged pull request`);
}

/** Slow merges are queued; the answer names the task in its `Location`. */
async function ended(client: BitbucketClient, number: number, location: string | null): Promise<BitbucketPull> {
  const task = /\/task-status\/([^/?#]+)/.exec(location ?? '')?.[1];
  for (const milliseconds of task === undefined ? [] : ASKED_AFTER_MS) {
    await delay(milliseconds);
    const { task_status: status, merge_result: pull } = await client.mergeTask(number, decodeURIComponent(task ?? ''));
    if (status === 'SUCCESS' && pull) return pull;
  }
  throw trouble('unavailable', `pull request ${number} is still being merged`, STILL_MERGING_MS);
}

/**
 * 400 and 409 say that it cannot be merged as it stands (a conflict, a missing approval or build), or that somebody was faster.
 * A merge strategy that the branch does not allow is a setting to change, not a conflict.
 */
async function judged(client: BitbucketClient, number: number, error: unknown): Promise<BitbucketPull> {
  if (!(error instanceof ProviderError) || (error.status !== 400 && error.status !== 409)) throw error;
  const pull = await client.pull(number);
  if (pull?.state === 'MERGED') return pull;
  if (/strateg/i.test(error.message)) throw error;
  throw new ProviderError('conflict', error.message, { provider: PROVIDER, status: error.status });
}
