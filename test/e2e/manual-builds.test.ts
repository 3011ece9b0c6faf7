import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { UploadView } from '../../src/services/uploads/upload-row.ts';
import { waitFor } from '../support/wait-for.ts';
import type { ReleaseHandle } from './release.ts';
import { openWorld, type World } from './world.ts';

/** A release whose builds people make: files come ahead of the slot, and while a task waits for them. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.stopAll());

const app = (bytes: number) => Buffer.concat([Buffer.from('PK\u0003\u0004'), randomBytes(bytes)]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function uploadOf({ path }: ReleaseHandle, type: string, fileName: string, bytes: Uint8Array) {
  const platform = fileName.endsWith('.ipa') ? 'IOS' : 'ANDROID';
  const address = `${world.apiUrl}/api/v1${path}/uploads?${new URLSearchParams({ platform, type, fileName })}`;
  const headers = {
    ...{ authorization: `Bearer ${world.tenant().ownerToken}`, 'content-type': 'application/octet-stream' },
    ...{ 'content-length': bytes.length, 'x-checksum-sha256': sha256(bytes) },
  };
  const sending = httpRequest(address, { method: 'POST', headers });
  const status = new Promise<number>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', (response) => {
      response.on('error', () => undefined).resume();
      resolve(response.statusCode ?? 0);
    });
  });
  return { sending, status };
}

async function upload(release: ReleaseHandle, type: string, fileName: string, bytes: Uint8Array): Promise<number> {
  const { sending, status } = uploadOf(release, type, fileName, bytes);
  sending.end(bytes);
  return status;
}

it('takes the artifacts that CI itself sends, before its success and after it', async () => {
  const { github } = world.fakes;
  github.world.autoComplete({ startAfterMs: 10, completeAfterMs: 400, artifactNames: () => [] });
  const tenant = world.tenant();
  const ci = await tenant.person('ci');
  const release = await tenant.createRelease({ config: { automationRuns: false, preRegressionBuilds: false } });
  await release.untilTask('TRIGGER_REGRESSION_BUILDS', 'WAITING(CALLBACK)');
  const dispatched = async () => {
    const rows = await world.db.rows<{ platform: string; correlationId: string; status: string }>(
      `SELECT b.platform, b.correlation_id AS correlationId, b.status FROM builds b JOIN release_builds r ON r.build_id = b.id
       WHERE r.release_id = ? AND b.workflow_type = 'REGRESSION_BUILD' AND b.dispatched_at IS NOT NULL ORDER BY b.platform`,
      [release.id],
    );
    return rows.length === 2 && rows;
  };
  const [android, ios] = await waitFor(dispatched, { what: 'both builds to be dispatched' });
  const report = (correlationId: string | undefined, body: object) =>
    ci.send('POST', `${tenant.path}/builds/${correlationId}/report`, body);
  const uploaded = async (fileName: string, bytes: Buffer) => {
    await upload(release, 'REGRESSION_BUILD', fileName, bytes);
    const { items } = await tenant.owner.get<{ items: UploadView[] }>(`${release.path}/uploads`);
    return items.find((each) => each.fileName === fileName)?.id;
  };
  const [apk, ipa] = [app(1000), app(1000)];

  await report(android?.correlationId, { uploadId: await uploaded('early.apk', apk) });
  await report(android?.correlationId, { status: 'SUCCEEDED' });
  const succeeded = async () =>
    (await release.builds()).some(({ platform, providerState }) => platform === 'IOS' && providerState === 'waiting for the artifact');
  await waitFor(succeeded, { what: 'the run of iOS to succeed without its artifact' });
  await report(ios?.correlationId, { status: 'SUCCEEDED' });
  await report(ios?.correlationId, { uploadId: await uploaded('late.ipa', ipa) });
  await release.untilTask('TRIGGER_REGRESSION_BUILDS', 'COMPLETED');
  github.world.autoComplete(true);
  await release.until('COMPLETED', { approving: true });

  const ofCycle = (await release.builds()).filter(({ workflowType }) => workflowType === 'REGRESSION_BUILD');
  expect(ofCycle.map(({ platform, ordinal, status, artifact }) => [platform, ordinal, status, artifact?.digest]).sort()).toEqual([
    ['ANDROID', 1, 'SUCCEEDED', `sha256:${sha256(apk)}`],
    ['IOS', 1, 'SUCCEEDED', `sha256:${sha256(ipa)}`],
  ]);
  expect(tenant.effects().duplicates).toEqual([]);
});

it('goes from uploads ahead of the slot, one of them through a crash of the API, to its end', async () => {
  const config = {
    ...{ buildMode: 'MANUAL' as const, ciConfigId: null, projectManagementConfigId: null, testManagementConfigId: null },
    ...{ automationRuns: false, preRegressionBuilds: false },
  };
  const release = await world.tenant().createRelease({ config, slots: [3_600_000] });
  const uploads = async () => (await world.tenant().owner.get<{ items: UploadView[] }>(`${release.path}/uploads`)).items;
  const [ipa, apk] = [app(300_000), app(300_000)];

  const cut = uploadOf(release, 'REGRESSION_BUILD', 'shop.apk', apk);
  cut.sending.write(apk.subarray(0, 100_000));
  const arriving = 'SELECT id FROM uploads WHERE release_id = ? AND stored_at IS NULL';
  await waitFor(async () => (await world.db.rows(arriving, [release.id])).length === 1, { what: 'the upload to arrive' });
  const api = world.process('api');
  await Promise.all([expect(cut.status).rejects.toThrow(), api.kill()]);
  await api.start();
  const afterCrash = await uploads();
  const statuses = [
    await upload(release, 'REGRESSION_BUILD', 'shop.apk', apk),
    await upload(release, 'REGRESSION_BUILD', 'shop.apk', apk),
    await upload(release, 'REGRESSION_BUILD', 'shop.ipa', ipa),
  ];

  expect(afterCrash).toEqual([]);
  expect(statuses).toEqual([201, 200, 201]);
  expect((await uploads()).map(({ fileName, state }) => [fileName, state])).toEqual([
    ['shop.ipa', 'STAGED'],
    ['shop.apk', 'STAGED'],
  ]);

  await release.command('trigger-regression');
  await release.untilTask('TRIGGER_REGRESSION_BUILDS', 'COMPLETED');
  await release.command('trigger-pre-release');
  await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
  await release.decide('APPROVED');
  await release.untilTask('TRIGGER_TEST_FLIGHT_BUILD', 'WAITING(MANUAL_BUILD)');
  await release.untilTask('CREATE_AAB_BUILD', 'WAITING(MANUAL_BUILD)');
  await upload(release, 'TEST_FLIGHT_BUILD', 'shop.ipa', ipa);
  await upload(release, 'AAB_BUILD', 'shop.aab', apk);
  await release.until('COMPLETED');

  const builds = await release.builds();
  expect(builds.map(({ mode, status, workflowType, artifact }) => [workflowType, mode, status, artifact?.digest]).sort()).toEqual(
    [
      ['AAB_BUILD', 'MANUAL', 'SUCCEEDED', `sha256:${sha256(apk)}`],
      ['REGRESSION_BUILD', 'MANUAL', 'SUCCEEDED', `sha256:${sha256(apk)}`],
      ['REGRESSION_BUILD', 'MANUAL', 'SUCCEEDED', `sha256:${sha256(ipa)}`],
      ['TEST_FLIGHT_BUILD', 'MANUAL', 'SUCCEEDED', `sha256:${sha256(ipa)}`],
    ].sort(),
  );
  expect((await uploads()).map(({ state }) => state)).toEqual(['USED', 'USED', 'USED', 'USED']);
  const reminders = await world.db.rows(`SELECT data FROM deliveries WHERE subject_id = ? AND type = 'MANUAL_BUILD_UPLOAD_REMINDER'`, [
    release.id,
  ]);
  expect(reminders).toHaveLength(2);
});
