import type { FakeWorkspace } from './workspace.ts';

/** Thrown by a method, answered as 200 with `ok: false`. */
export class Refusal extends Error {
  readonly body: Record<string, unknown>;

  constructor(error: string, more: Record<string, unknown> = {}) {
    super(error);
    this.body = { ok: false, error, ...more };
  }
}

export function needScope(workspace: FakeWorkspace, scope: string): void {
  if (!workspace.scopes.includes(scope)) throw new Refusal('missing_scope', { needed: scope, provided: workspace.scopes.join(',') });
}
