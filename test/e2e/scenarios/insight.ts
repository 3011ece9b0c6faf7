import { expect, it } from 'vitest';
import type { EventView } from '../../../src/services/events/event-view.ts';
import type { AttemptPage } from '../../../src/services/releases/tasks/list-attempts.ts';
import type { WhyItem } from '../../../src/services/releases/why/why-items.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { ScenarioRelease } from './release.ts';
import { MINUTE_MS, type ScenarioWorld } from './world.ts';

/** What people learn of a release: what it brings, what happens to it, and what was tried. */
export function insightScenarios(world: () => ScenarioWorld): void {
  const GATE = 'APPROVE_REGRESSION';
  const TAG = 'CREATE_RELEASE_TAG';
  const repository = () => world().tenant.sandbox.repository;

  it('tells of each change that stands once, in the notes of a candidate, in the final ones and to the store', async () => {
    const { owner, path: tenantPath } = world().tenant;
    // The first release of all begins where its branch was cut.
    await (await world().release()).reaches('COMPLETED');
    repository().pushCommit({ message: 'feat(cart): gift cards in the cart' });
    const undone = repository().pushCommit({ message: 'feat: prices in colour' });
    repository().pushCommit({ message: `Revert "feat: prices in colour"\n\nThis reverts commit ${undone}.` });
    const fix = repository().pushCommit({
      message: 'fix!: totals are rounded up\n\nBREAKING CHANGE: cents are whole\nBREAKING CHANGE: no halves',
    });
    const release = await world().release();
    await release.reaches(GATE, 'WAITING(APPROVAL)');

    repository().pushCommit({ branch: release.branch, message: `fix!: totals are rounded up\n\n(cherry picked from commit ${fix})` });
    const late = repository().pushCommit({ branch: release.branch, message: 'feat: a late surprise' });
    await release.command('trigger-regression', { reason: 'A fix and a surprise.' });
    await release.reaches('TRIGGER_REGRESSION_BUILDS', 'COMPLETED', 2);
    const second = (await release.notes()).find(({ cycle }) => cycle === 2)?.markdown ?? '';
    repository().pushCommit({ branch: release.branch, message: `Revert "feat: a late surprise"\n\nThis reverts commit ${late}.` });
    await release.command('trigger-regression', { reason: 'No surprise.' });
    await release.reaches('TRIGGER_REGRESSION_BUILDS', 'COMPLETED', 3);
    await release.reaches('COMPLETED');

    const final = (await release.notes()).find(({ kind }) => kind === 'final')?.markdown ?? '';
    const text = await owner.request('GET', `${release.path}/notes?format=store&target=PLAY_STORE`);
    const times = (notes: string, words: string) => notes.split(words).length - 1;
    expect([times(second, 'totals are rounded up'), times(second, 'late surprise')]).toEqual([1, 1]);
    expect(['gift cards in the cart', 'totals are rounded up', 'cents are whole', 'no halves'].map((words) => times(final, words))).toEqual(
      [1, 1, 1, 1],
    );
    expect([times(final, 'in colour'), times(final, 'late surprise')]).toEqual([0, 0]);
    expect([text.status, times(text.text, 'totals are rounded up')]).toEqual([200, 1]);
    const shipped = await owner.get<{ items: { releaseId: string }[] }>(`${tenantPath}/search/shipped?commit=${fix.slice(0, 12)}`);
    expect(shipped.items.map(({ releaseId }) => releaseId)).toContain(release.id);
    await release.replays();
  });

  it('is followed without a gap from its first change to its end, though the API that tells of it dies', async () => {
    const release = await world().release();
    const second = await world().start('api');
    const first = follow(second.url, release, null);
    const told = await first.next(5);
    await second.kill();
    await first.close();

    const { url } = world().process('api');
    const resumed = follow(url, release, told.at(-1)?.id ?? null);
    await release.reaches('COMPLETED');
    const history = await release.history();
    told.push(...(await resumed.next(history.length - told.length)));
    await resumed.close();

    expect(told.map(({ data }) => data.id).sort()).toEqual(history.map(({ id }) => id).sort());
    const numbers = told.map(({ id }) => Number(id));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(told.some(({ data }) => data.items.some(({ field, after }) => field === 'status' && after === 'COMPLETED'))).toBe(true);
    await release.replays();
  });

  it('shows what was said to the provider at each try, says when the next one comes, and makes it at once where a person asks', async () => {
    const release = await world().release();
    await release.reaches(GATE, 'WAITING(APPROVAL)');
    world().failNext('scm.tag', { status: 503, body: { message: 'tags are away' }, times: 100_000 });
    await release.approve();
    const waiting = await waitFor(() => farNextTry(release), { what: 'the next try to be a while away', timeoutMs: 30_000 });
    const { items } = await release.read<AttemptPage>(`/tasks/${waiting.id}/attempts`);
    world().mend();

    const retried = await release.onTask(TAG, 'retry', { reason: 'They are back.' });
    await release.reaches(TAG, 'COMPLETED');
    const doneAt = world().now();
    await release.reaches('COMPLETED');

    const said = JSON.stringify(items);
    expect(said).toContain('tags are away');
    expect(said).not.toContain(world().tenant.sandbox.github.token);
    expect(waiting).toMatchObject({ on: 'time', nextAction: 'it is tried again' });
    expect(retried.status).toBe(200);
    expect(doneAt).toBeLessThan(new Date(waiting.nextAt ?? 0).getTime());
    await release.replays();
  });

  /** How `why` shows the tag once it is tried again so late that whoever asks is sooner. */
  async function farNextTry(release: ScenarioRelease): Promise<WhyItem | null> {
    const item = (await release.why()).items.find(({ what }) => what === TAG);
    if (!item?.nextAt || item.on !== 'time') return null;
    const aheadMs = new Date(item.nextAt).getTime() - world().now();
    if (aheadMs > MINUTE_MS) return item;
    if (aheadMs > 0) await world().advanceTo(item.nextAt);
    return null;
  }

  /** The stream of a release, as a browser would follow it. */
  function follow(origin: string, release: ScenarioRelease, after: string | null) {
    const stop = new AbortController();
    const response = fetch(`${origin}/api/v1${release.path}/events`, {
      headers: {
        ...{ authorization: `Bearer ${world().tenant.ownerToken}`, accept: 'text/event-stream' },
        ...(after === null ? {} : { 'last-event-id': after }),
      },
      signal: stop.signal,
    });
    const reader = response.then(({ body }) => body?.pipeThrough(new TextDecoderStream()).getReader());
    let text = '';
    return {
      async next(count: number): Promise<EventView[]> {
        const events: EventView[] = [];
        while (events.length < count) {
          const end = text.indexOf('\n\n');
          if (end < 0) {
            const chunk = await (await reader)?.read();
            if (chunk === undefined || chunk.done) throw new Error(`the stream ended after ${events.length} of ${count} events`);
            text += chunk.value;
            continue;
          }
          const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
          text = text.slice(end + 2);
          if (data !== undefined) events.push(JSON.parse(data));
        }
        return events;
      },
      async close() {
        stop.abort();
        await reader.then((open) => open?.cancel()).catch(() => undefined);
      },
    };
  }
}
