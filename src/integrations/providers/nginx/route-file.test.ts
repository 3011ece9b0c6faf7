import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routeSchema } from './identity.ts';
import { contentOf, generationOf, headerProblem, type Planned, plannedIn, stateSchema } from './route-file.ts';

const route = { variable: 'checkout', shareBy: 'request' } as const;
const planned = (changes: Partial<Planned> = {}): Planned => ({
  weights: { blue: 95, green: 5 },
  addresses: { blue: ['10.0.0.7:8080'], green: ['[fd00::7]:8080', '10.0.0.8:8080'] },
  headerRoute: null,
  shareBy: 'request',
  ...changes,
});

/** The lines between braces behind a word. */
const block = (content: string, head: string) =>
  (content.split(`${head} {\n`)[1] ?? '')
    .split('\n}')[0]
    ?.split('\n')
    .map((line) => line.trim()) ?? [];

describe('the file of a route', () => {
  it('gives the smaller side its percentage and the other the rest', () => {
    const content = contentOf(route, planned());

    expect(block(content, 'split_clients "$request_id" $checkout_share')).toEqual(['5% checkout_green;', '* checkout_blue;']);
    expect(block(content, 'upstream checkout_green')).toEqual(['server [fd00::7]:8080;', 'server 10.0.0.8:8080;']);
  });

  it('never says 0%, which nginx refuses', () => {
    for (const weights of [
      { blue: 100, green: 0 },
      { blue: 0, green: 100 },
    ]) {
      const lines = block(contentOf(route, planned({ weights })), 'split_clients "$request_id" $checkout_share');
      expect(lines).toEqual([`* checkout_${weights.blue === 100 ? 'blue' : 'green'};`]);
    }
  });

  it('gives a side without an address an upstream that is down', () => {
    const content = contentOf(route, planned({ addresses: { blue: ['10.0.0.7:80'], green: [] } }));

    expect(block(content, 'upstream checkout_green')).toEqual(['server 127.0.0.1:1 down;']);
  });

  it('shares by client address where the route says so', () => {
    expect(contentOf(route, planned({ shareBy: 'address' }))).toContain('split_clients "$remote_addr"');
  });

  it('takes a header for exactly its value', () => {
    const content = contentOf(route, planned({ headerRoute: { header: 'X-Canary-Of', value: 'v1.2', side: 'green' } }));

    expect(block(content, 'map $http_x_canary_of $checkout')).toEqual(['default $checkout_share;', '"~^v1[.]2$" checkout_green;']);
  });

  it('reads back as what it was written from, and shows nginx its generation', () => {
    const share = fc.integer({ min: 0, max: 100 });
    const address = fc.integer({ min: 1, max: 65_535 }).map((port) => `127.0.0.1:${port}`);
    fc.assert(
      fc.property(share, fc.array(address, { maxLength: 3 }), fc.boolean(), (green, blue, isRouted) => {
        const wanted = planned({
          weights: { blue: 100 - green, green },
          addresses: { blue, green: [] },
          headerRoute: isRouted ? { header: 'X-A', value: 'b', side: 'blue' } : null,
        });
        const content = contentOf(route, wanted);
        const told = /default '(\{.*\})';/.exec(content)?.[1] ?? '';

        expect(plannedIn(content)).toEqual(wanted);
        expect(stateSchema.parse(JSON.parse(told))).toEqual({
          ...{ generation: generationOf(wanted), weights: wanted.weights, headerRoute: wanted.headerRoute },
        });
      }),
      { numRuns: 100 },
    );
  });

  it('has another generation for every other content', () => {
    const all = [
      planned(),
      planned({ weights: { blue: 50, green: 50 } }),
      planned({ shareBy: 'address' }),
      planned({ addresses: { blue: [], green: ['10.0.0.7:8080'] } }),
      planned({ headerRoute: { header: 'X-A', value: 'b', side: 'blue' } }),
    ];

    expect(new Set(all.map(generationOf)).size).toBe(all.length);
  });

  it('is nobody’s where its second line is missing or was changed', () => {
    expect(plannedIn('map "" $checkout { default ""; }\n')).toBeNull();
    expect(plannedIn('# signalbox {"weights":')).toBeNull();
    expect(plannedIn('# signalbox {"weights":{"blue":400,"green":0}}')).toBeNull();
  });
});

describe('forms', () => {
  it.each(['a;b', 'a"', '', 'X Y', 'Ä', '1a', 'a b'])('takes %j for no header', (header) => {
    expect(headerProblem({ header, value: 'x' })).toEqual(expect.any(String));
  });

  it.each(['Checkout', 'a-b', '1a', 'a b', 'a;', '', '$a', `a${'b'.repeat(40)}`])('takes %j for no variable', (variable) => {
    expect(routeSchema.safeParse({ variable }).success).toBe(false);
  });
});
