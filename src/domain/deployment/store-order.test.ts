import { expect, it } from 'vitest';
import { whyNotAfter } from './store-order.ts';

const build = (version: string, buildNumber: string | null) => ({ artifactId: `${version} ${buildNumber}`, version, buildNumber });

it.each([
  ['PLAY_STORE', build('2.0.0', '42'), build('1.0.0', '43')],
  ['PLAY_STORE', build('1.9.0', '9'), build('1.10.0', '10')],
  ['APP_STORE', build('1.9.0', '42'), build('1.10.0', '1')],
  ['APP_STORE', build('1.9', '1'), build('1.9.1', '1')],
] as const)('%s takes %o and then %o', (target, before, wanted) => {
  expect(whyNotAfter(target, before, wanted)).toBeNull();
});

it.each([
  ['PLAY_STORE', build('1.0.0', '43'), build('2.0.0', '42'), 'build numbers'],
  ['PLAY_STORE', build('1.0.0', '42'), build('2.0.0', '42'), 'build numbers'],
  ['APP_STORE', build('1.10.0', '1'), build('1.9.0', '42'), 'versions'],
  ['APP_STORE', build('1.9.0', '1'), build('1.9', '2'), 'versions'],
] as const)('%s, which has %o, does not take %o', (target, before, wanted, what) => {
  expect(whyNotAfter(target, before, wanted)).toContain(`stores take only higher ${what}`);
});

it('says nothing of the very same artifact, and of what it cannot compare', () => {
  expect(whyNotAfter('PLAY_STORE', build('1', '42'), build('1', '42'))).toBeNull();
  expect(whyNotAfter('PLAY_STORE', build('1', null), build('2', '1'))).toBeNull();
  expect(whyNotAfter('APP_STORE', build('winter', '1'), build('1', '2'))).toBeNull();
});
