import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, configVariables, parseConfig } from './config.ts';

const required = {
  DATABASE_URL: 'mysql://app:hunter2@db:3306/signalbox',
  REDIS_URL: 'redis://:hunter2@cache:6379/0',
  SIGNALBOX_KEYS: `k1:${randomBytes(32).toString('base64')}`,
};

function problemsOf(env: Record<string, string>) {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseConfig', () => {
  it('fills in the defaults', () => {
    expect(parseConfig(required)).toMatchObject({
      host: '0.0.0.0',
      port: 3000,
      metricsPort: 0,
      signalboxPrefix: '{signalbox}',
      logLevel: 'info',
      publicUrl: null,
      trustProxy: false,
      databasePoolSize: 10,
      providerTimeoutMs: 20_000,
      retryBaseMs: 2000,
      retryMaxMs: 600_000,
      leaseMs: 30_000,
      sweepIntervalMs: 1000,
      outboundAllow: [],
      shutdownGraceMs: 20_000,
    });
  });

  it('takes what is set, and an empty variable as unset', () => {
    const config = parseConfig({ ...required, PORT: '0', TRUST_PROXY: 'true', PUBLIC_URL: 'https://sb.example.com/', LOG_LEVEL: '' });

    expect(config).toMatchObject({ port: 0, trustProxy: true, publicUrl: 'https://sb.example.com', logLevel: 'info' });
  });

  it('allows nothing of this machine unless told where, by an absolute path', () => {
    expect(parseConfig(required).localRunnerRoot).toBeNull();
    expect(parseConfig({ ...required, LOCAL_RUNNER_ROOT: '/srv/signalbox/' }).localRunnerRoot).toBe('/srv/signalbox');
    for (const path of ['srv', './srv', '/', '//']) {
      expect(problemsOf({ ...required, LOCAL_RUNNER_ROOT: path }).problems).toMatchObject([{ variable: 'LOCAL_RUNNER_ROOT' }]);
    }
  });

  it('shows no secret when printed', () => {
    expect(JSON.stringify(parseConfig(required))).not.toContain('hunter2');
    expect(JSON.stringify(parseConfig(required))).not.toContain(required.SIGNALBOX_KEYS.slice(3));
  });

  it('names every variable that is wrong, and no value', () => {
    const wrong = {
      DATABASE_URL: 'postgres://app:hunter2@db/x',
      REDIS_URL: 'redis://hunter2@cache',
      SIGNALBOX_KEYS: 'k1:hunter2',
      SIGNALBOX_PREFIX: 'hunter2 hunter2',
      PORT: '99999',
      METRICS_PORT: '-1',
      PUBLIC_URL: 'hunter2',
      TRUST_PROXY: 'maybe',
      LOG_LEVEL: 'loud',
      DATABASE_POOL_SIZE: '0',
      PROVIDER_TIMEOUT_MS: '1.5',
      RETRY_BASE_MS: 'x',
      RETRY_MAX_MS: '0',
      LEASE_MS: '1',
      SWEEP_INTERVAL_MS: '1',
      OUTBOUND_ALLOW: 'http://x',
      SHUTDOWN_GRACE_MS: '1e3',
    };

    const error = problemsOf(wrong);

    expect(error.problems.map(({ variable }) => variable).sort()).toEqual(Object.keys(wrong).sort());
    for (const name of Object.keys(wrong)) expect(error.message).toContain(name);
    expect(error.message).not.toContain('hunter2');
  });

  it('names the required variables on an empty environment', () => {
    expect(problemsOf({}).problems).toEqual([
      { variable: 'DATABASE_URL', problem: 'is required' },
      { variable: 'REDIS_URL', problem: 'is required' },
      { variable: 'SIGNALBOX_KEYS', problem: 'is required' },
    ]);
  });

  it('refuses contradictions', () => {
    const error = problemsOf({
      ...required,
      RETRY_BASE_MS: '10',
      RETRY_MAX_MS: '5',
      REDIS_URL: 'redis+cluster://a,b',
      SIGNALBOX_PREFIX: 'sb',
    });

    expect(error.problems.map(({ variable }) => variable)).toEqual(['RETRY_BASE_MS', 'SIGNALBOX_PREFIX']);
  });

  it('refuses a bucket without its keys', () => {
    const error = problemsOf({ ...required, ARTIFACTS_S3_BUCKET: 'artifacts' });

    expect(error.problems.map(({ variable }) => variable)).toEqual(['ARTIFACTS_S3_ACCESS_KEY_ID', 'ARTIFACTS_S3_SECRET_ACCESS_KEY']);
  });
});

describe('configVariables', () => {
  it('has a meaning for each, and no default for the required ones only', () => {
    expect(configVariables.every(({ meaning }) => meaning.length > 10)).toBe(true);
    expect(configVariables.filter((entry) => entry.default === null).map(({ name }) => name)).toEqual(Object.keys(required));
  });
});
