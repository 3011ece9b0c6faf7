import { describe, expect, it } from 'vitest';
import { beginsLike, type UploadedFile, uploadProblems } from './upload-rules.ts';

describe('an upload', () => {
  it.each<UploadedFile>([
    { platform: 'IOS', type: 'REGRESSION_BUILD', fileName: 'Shop.IPA' },
    { platform: 'IOS', type: 'TEST_FLIGHT_BUILD', fileName: 'shop.ipa' },
    { platform: 'ANDROID', type: 'PRE_REGRESSION_BUILD', fileName: 'shop.apk' },
    { platform: 'ANDROID', type: 'REGRESSION_BUILD', fileName: 'shop.aab' },
    { platform: 'ANDROID', type: 'AAB_BUILD', fileName: 'shop.aab' },
    { platform: 'WEB', type: 'REGRESSION_BUILD', fileName: 'site.tar.gz' },
    { platform: 'WEB', type: 'REGRESSION_BUILD', fileName: 'site.zip' },
  ])('of a file that fits is taken: %o', (file) => {
    expect(uploadProblems(file)).toEqual([]);
  });

  it.each<[UploadedFile, string]>([
    [{ platform: 'IOS', type: 'REGRESSION_BUILD', fileName: 'shop.apk' }, '?fileName'],
    [{ platform: 'ANDROID', type: 'AAB_BUILD', fileName: 'shop.apk' }, '?fileName'],
    [{ platform: 'WEB', type: 'REGRESSION_BUILD', fileName: 'site.gz' }, '?fileName'],
    [{ platform: 'ANDROID', type: 'REGRESSION_BUILD', fileName: 'shopapk' }, '?fileName'],
    [{ platform: 'IOS', type: 'AAB_BUILD', fileName: 'shop.aab' }, '?type'],
    [{ platform: 'WEB', type: 'TEST_FLIGHT_BUILD', fileName: 'shop.ipa' }, '?type'],
  ])('of one that does not is refused by the field that is wrong: %o', (file, field) => {
    expect(uploadProblems(file).map((problem) => problem.field)).toEqual([field]);
  });
});

describe('the first bytes of a file', () => {
  it.each<[string, number[], boolean]>([
    ['a.ipa', [0x50, 0x4b, 3, 4], true],
    ['a.ipa', [0x50, 0x4b, 5, 6], false],
    ['a.apk', [0x1f, 0x8b, 8, 0], false],
    ['a.tgz', [0x1f, 0x8b, 8, 0], true],
    ['a.TAR.GZ', [0x1f, 0x8b, 8, 0], true],
    ['a.tgz', [0x50, 0x4b, 3, 4], false],
    ['a.zip', [0x50, 0x4b], false],
  ])('tell whether %s can be one: %j → %s', (name, head, expected) => {
    expect(beginsLike(name, Uint8Array.from(head))).toBe(expected);
  });
});
