import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findOrCreateIdentity } from '../demo/identity.ts';
import { type Say, sayOn } from '../demo/say.ts';
import { sendVersion, type Version } from './artifacts.ts';
import { balancer as balancerSchema, shareOf } from './balancer.ts';
import { setUp } from './catalogue.ts';
import { type Load, startLoad } from './load.ts';
import { monitoring as monitoringSchema } from './monitoring.ts';
import { type Split, splitOf, tableOf, tallyOf } from './tally.ts';
import { deployAndWatch, type Watched } from './watch.ts';

/**
 * Deploys three versions of a small web service behind a running HAProxy, measured by a running Prometheus: the first, a good one step by step, and a bad
 * one, which analysis catches. Users ask all the while. The last line of stdout is the result as JSON; it exits 0 only when both ended as they should.
 *
 * SIGNALBOX_URL: the API. DEPLOY_SERVERS: the line that servers.ts printed. DEPLOY_DEMO_DIR: where files go. DATABASE_URL and the rest of Signalbox's own
 * variables: for the admin command line. DEMO_TIMEOUT_SECONDS: of each deployment. DEMO_QUIET: no progress.
 */

const url = required('SIGNALBOX_URL').replace(/\/+$/, '');
const dir = required('DEPLOY_DEMO_DIR');
const { balancer, monitoring } = z
  .object({ balancer: balancerSchema, monitoring: monitoringSchema })
  .parse(JSON.parse(required('DEPLOY_SERVERS')));
const timeoutMs = Number(process.env.DEMO_TIMEOUT_SECONDS || 180) * 1000;
const say = sayOn(process.stdout, Boolean(process.env.DEMO_QUIET));

const first: Version = { version: '1.0.0', failEvery: null };
const good: Version = { version: '1.1.0', failEvery: null };
const bad: Version = { version: '1.2.0', failEvery: 3 };

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`the services could not be deployed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  mkdirSync(dir, { recursive: true });
  const { identity, owner, manager } = await findOrCreateIdentity(url, join(dir, 'identity.json'));
  const { tenantId, ownerToken } = identity;
  say(`created the tenant Demo ${tenantId}`);
  const { appId, serviceId, environmentId } = await setUp(owner, tenantId, { balancer, monitoring });
  say('connected the local runner, HAProxy and Prometheus, each verified; made the app shop, its service web, and production');
  const tenant = `/tenants/${tenantId}`;
  const deployments = `${tenant}/deployments`;
  const deploy = async (version: Version, reason: string) => {
    const artifactId = await sendVersion({ url, token: ownerToken, path: `${tenant}/services/${serviceId}/artifacts` }, dir, version);
    say(`${version.version}: ${reason}`);
    const body = { appId, environmentId, artifacts: [{ serviceId, artifactId }], reason };
    return deployAndWatch({ people: { owner, manager }, path: deployments, say, timeoutMs }, body);
  };

  const started = Date.now();
  const installed = await deploy(first, 'the first version, nobody to take requests from');
  if (installed.status !== 'SUCCEEDED') throw new Error(`${installed.displayId} ended ${installed.status}: ${installed.failure}`);
  const load = startLoad(balancer.url);
  const goodOne = await deploy(good, 'a good one: 5, 25, 50 and 100 % of the requests');
  const badOne = await deploy(bad, 'a bad one: every third request fails');
  const weightAfter = await shareOf(balancer, badOne.side);
  await load.stop();

  const result = {
    good: { ...resultOf(load, good, goodOne), split: splitsOf(load, good, goodOne) },
    bad: { ...resultOf(load, bad, badOne), split: splitsOf(load, bad, badOne), weightAfter },
    seconds: Number(((Date.now() - started) / 1000).toFixed(1)),
  };
  const isAsItShould =
    goodOne.status === 'SUCCEEDED' &&
    badOne.status === 'ROLLED_BACK' &&
    weightAfter === 0 &&
    result.good.failedBySwitch + result.bad.failedBySwitch === 0;
  report(say, result);
  const more = { token: ownerToken, tenantId, path: `/api/v1${deployments}`, dora: `/api/v1${tenant}/dora` };
  const places = { balancer: balancer.url, monitoring: monitoring.url };
  process.stdout.write(`${JSON.stringify({ status: isAsItShould ? 'SUCCEEDED' : 'FAILED', ...result, ...more, ...places })}\n`);
  return isAsItShould ? 0 : 1;
}

function resultOf({ answers }: Load, { version }: Version, { id, status, failure, whole }: Watched) {
  const { requests, ownErrors, failedBySwitch } = tallyOf(answers, version, whole);
  return { deploymentId: id, version, status, failure, requests, ownErrors, failedBySwitch };
}

function splitsOf({ answers }: Load, { version }: Version, { stretches }: Watched): Split[] {
  return [...stretches].map(([planned, stretch]) => splitOf(answers, version, planned, stretch));
}

type Result = ReturnType<typeof resultOf> & { split: Split[] };

function report(tell: Say, results: { good: Result; bad: Result }): void {
  for (const { version, status, failure, split, requests, ownErrors, failedBySwitch } of [results.good, results.bad]) {
    tell(`${version} ${status}${failure === null ? '' : `: ${failure}`}`);
    for (const line of tableOf(split)) tell(`  ${line}`);
    tell(`  ${requests} requests in all, ${ownErrors} errors of its own, ${failedBySwitch} failed by a switch`);
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    process.stderr.write(`${name} is not set; sandbox/deploy-demo/main.ts is started by npm start\n`);
    process.exit(2);
  }
  return value;
}
