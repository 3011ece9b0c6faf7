import { isJobPath } from './job-path.ts';

/**
 * A run is a queue item first and a build later. The item's handle names the job, too: Jenkins forgets items some five minutes after they left
 * the queue, and the build is then found among the job's builds by the item's id.
 */
export type RunHandle = { kind: 'queue'; id: number; path: string } | { kind: 'build'; path: string; number: number };

export const queueHandle = (id: number, path: string): string => `queue:${id}:${path}`;
export const buildHandle = (path: string, number: number): string => `build:${path}#${number}`;

/** `null` for text that is no handle of ours. */
export function readHandle(handle: string): RunHandle | null {
  const queue = /^queue:([1-9]\d{0,14}):(.+)$/s.exec(handle);
  if (queue?.[2] && isJobPath(queue[2])) return { kind: 'queue', id: Number(queue[1]), path: queue[2] };
  const build = /^build:(.+)#([1-9]\d{0,9})$/s.exec(handle);
  if (build?.[1] && isJobPath(build[1])) return { kind: 'build', path: build[1], number: Number(build[2]) };
  return null;
}
