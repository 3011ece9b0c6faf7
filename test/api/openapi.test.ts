import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../../src/api/reference-page.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let document: OpenApiDocument & { components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> } };
let operations: { where: string; path: string; operation: OpenApiDocument['paths'][string][string] }[];

beforeAll(async () => {
  api = await startApi();
  document = (await api.request('GET', '/openapi.json')).body;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ where: `${method.toUpperCase()} ${path}`, path, operation })),
  );
});
afterAll(() => api.close());

const offenders = (isWrong: (entry: (typeof operations)[number]) => boolean) => operations.filter(isWrong).map((entry) => entry.where);

describe('the OpenAPI document', () => {
  it('is 3.1, says where the API is and how to authenticate', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document).toMatchObject({
      servers: [{ url: 'http://localhost' }],
      components: { securitySchemes: { bearer: { scheme: 'bearer' } } },
    });
  });

  it('gives every operation a unique id, a known tag, a summary and a success', () => {
    const tags = new Set(document.tags?.map((tag) => tag.name));
    const ids = operations.map((entry) => entry.operation.operationId);

    expect(offenders(({ operation }) => !/^[a-z][A-Za-z]+$/.test(operation.operationId ?? ''))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(offenders(({ operation }) => operation.tags?.length !== 1 || !operation.tags.every((tag) => tags.has(tag)))).toEqual([]);
    expect(offenders(({ operation }) => !operation.summary)).toEqual([]);
    expect(offenders(({ operation }) => !Object.keys(operation.responses).some((status) => status.startsWith('2')))).toEqual([]);
  });

  it('says of every operation whether it needs a token; those that do can answer 401 and 429, and 404 where they name something', () => {
    expect(offenders(({ operation }) => operation.security === undefined)).toEqual([]);
    const guarded = (entry: (typeof operations)[number]) => entry.operation.security?.length !== 0;
    expect(offenders((entry) => guarded(entry) && !('401' in entry.operation.responses && '429' in entry.operation.responses))).toEqual([]);
    expect(offenders((entry) => guarded(entry) && entry.path.includes('{') && !('404' in entry.operation.responses))).toEqual([]);
    expect(
      offenders((entry) => entry.operation.requestBody !== undefined && guarded(entry) && !('422' in entry.operation.responses)),
    ).toEqual([]);
  });

  it('answers every error as a problem', () => {
    const wrong = operations.flatMap(({ where, operation }) =>
      Object.entries(operation.responses)
        .filter(([status, response]) => status >= '400' && status !== '503' && !response.content?.['application/problem+json'])
        .map(([status]) => `${where} ${status}`),
    );
    expect(wrong).toEqual([]);
  });

  it('declares every path parameter and resolves every reference', () => {
    const wrong = operations.flatMap(({ where, path, operation }) => {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = operation.parameters?.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name) ?? [];
      return named.every((name) => declared.includes(name ?? '')) && declared.length === named.length ? [] : [where];
    });
    expect(wrong).toEqual([]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(10);
    expect(references.filter((name) => !(name in document.components.schemas))).toEqual([]);
  });
});

it('describes every route that exists under /api', () => {
  const described = new Set(operations.map(({ where }) => where.replace(/\{(\w+)\}/g, ':$1')));
  const existing = api.app.routes
    .filter((route) => route.method !== 'ALL' && route.path.startsWith('/api'))
    .map((route) => `${route.method} ${route.path}`);

  expect(existing.length).toBeGreaterThan(20);
  expect([...new Set(existing)].filter((route) => !described.has(route))).toEqual([]);
});

it('has a reference page that names every operation, loads nothing from elsewhere and runs no script', async () => {
  const page = await api.request('GET', '/docs');

  expect(page.status).toBe(200);
  for (const { operation } of operations) expect(page.text).toContain(`id="${operation.operationId}"`);
  expect(page.text).not.toMatch(/<script|src=|href="https?:/);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
});
