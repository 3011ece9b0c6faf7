import { describe, expect, it } from 'vitest';
import type { StoreEvent } from './notification-data.ts';
import { renderNotification } from './notifications.ts';
import { percentText } from './store-notifications.ts';

const release = { displayId: 'REL-7', versions: [], url: null };
const event: StoreEvent = { platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' };
const told = (type: 'STORE_REJECTED' | 'ROLLOUT_STEPPED' | 'ROLLOUT_HALTED' | 'ROLLOUT_COMPLETED', more: Partial<StoreEvent> = {}) =>
  renderNotification(type, { release, ...event, ...more });

describe('what happens in a store', () => {
  it('is told with version, target, share of the users, who did it, and why', () => {
    const { content } = told('ROLLOUT_HALTED', {
      fraction: 0.25,
      by: 'Ada',
      reason: 'Crashes',
      buildNumber: '140',
      url: 'https://play.example/1',
    });

    expect(content.summary).toBe('REL-7: rollout of 1.4.0 → PLAY_STORE halted at 25 % of the users by Ada');
    expect(content.sections.slice(0, 2)).toEqual([
      {
        fields: [
          { label: 'ANDROID', value: '1.4.0', url: 'https://play.example/1' },
          { label: 'Build', value: '140' },
        ],
      },
      { heading: 'Reason', text: 'Crashes' },
    ]);
  });

  it('says nothing of what is not known', () => {
    const { content } = told('ROLLOUT_STEPPED', { fraction: null, by: null, reason: null, buildNumber: null, url: null });

    expect(content).toEqual(told('ROLLOUT_STEPPED').content);
    expect(content.summary).toBe('REL-7: rollout of 1.4.0 → PLAY_STORE goes on');
    expect(content.sections[0]).toEqual({ fields: [{ label: 'ANDROID', value: '1.4.0' }] });
  });

  it("never says that somebody here did what was done in the store's console", () => {
    expect(told('ROLLOUT_HALTED', { outside: true, by: 'Ada' }).content.summary).toBe(
      "REL-7: rollout of 1.4.0 → PLAY_STORE halted in the store's console",
    );
    expect(told('ROLLOUT_COMPLETED', { outside: false, by: 'Ada' }).content.summary).toBe(
      'REL-7: 1.4.0 → PLAY_STORE is live for everybody, completed by Ada',
    );
    expect(told('ROLLOUT_COMPLETED').content.summary).toBe('REL-7: 1.4.0 → PLAY_STORE is live for everybody');
  });

  it('tells a rejection from a version that people took back', () => {
    expect(told('STORE_REJECTED').content.summary).toBe('REL-7: 1.4.0 → PLAY_STORE is rejected by the store');
    expect(told('STORE_REJECTED', { outside: true }).content.summary).toBe('REL-7: 1.4.0 → PLAY_STORE was taken back from review');
  });

  it('tells shares as people set them', () => {
    expect([0, 0.005, 0.01, 0.125, 0.29, 1].map(percentText)).toEqual(['0 %', '0.5 %', '1 %', '12.5 %', '29 %', '100 %']);
  });

  it('tells a build with the number the store knows it by, and without one where it has none', () => {
    const data = { release, builds: [], buildNumber: '140' };

    expect(renderNotification('ANDROID_AAB_BUILD', data).content.summary).toBe('REL-7: the Play bundle 140 is ready');
    expect(renderNotification('IOS_TEST_FLIGHT_BUILD', { ...data, buildNumber: null }).content.summary).toBe(
      'REL-7: the TestFlight build is ready',
    );
  });
});

describe('what a release waits for', () => {
  it('counts approvals and blockers in words that fit the number', () => {
    const gate = (quorum: number) =>
      renderNotification('PRE_RELEASE_STAGE_APPROVAL_REQUEST', { release, tag: 'v1.4.0', commit: 'a'.repeat(40), quorum }).content;
    const blockers = (resolved: number) => renderNotification('BLOCKERS_RESOLVED', { release, resolved }).content.summary;

    expect([gate(1), gate(2)].map(({ sections }) => sections[0]?.text)).toEqual([
      'Post-regression is over. One approval is needed to go on.',
      'Post-regression is over. 2 approvals are needed to go on.',
    ]);
    expect([blockers(1), blockers(3)]).toEqual(['REL-7: the blocker is resolved', 'REL-7: all 3 blockers are resolved']);
  });

  it('says until when builds have to be uploaded, where there is a deadline', () => {
    const reminder = (deadline: string | null) =>
      renderNotification('MANUAL_BUILD_UPLOAD_REMINDER', { release, platforms: ['IOS', 'ANDROID'], deadline }).content;

    expect(reminder(null)).toEqual({
      summary: 'REL-7: builds of IOS, ANDROID have to be uploaded',
      sections: [{ fields: [{ label: 'Release', value: 'REL-7' }] }],
    });
    expect(reminder('2025-06-02T12:00:00.000Z').sections[0]).toEqual({ fields: [{ label: 'Until', value: '2025-06-02 12:00 UTC' }] });
  });
});
