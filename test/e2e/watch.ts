import type { FakeRequest, Fault } from '../fakes/fake-server.ts';

export interface Watched {
  /** Every request since, oldest first. */
  readonly requests: readonly FakeRequest[];
  /** Those that changed something, `POST /repos/…`. */
  writes(pathPart: string): string[];
}

/** Sees every request that a fake gets from now on, however many: the fake's own log is capped. `clearFaults` ends it. */
export function watch(fake: { failNext(fault: Fault): void }): Watched {
  const requests: FakeRequest[] = [];
  fake.failNext({
    match: (request) => {
      requests.push(request);
      return false;
    },
  });
  return {
    requests,
    writes: (pathPart) =>
      requests.filter(({ method, path }) => method !== 'GET' && path.includes(pathPart)).map(({ method, path }) => `${method} ${path}`),
  };
}
