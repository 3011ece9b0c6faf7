import { parseArgs } from 'node:util';
import { api } from './api.ts';
import { w1 } from './w1.ts';
import { w2 } from './w2.ts';
import { w3 } from './w3.ts';
import { w4 } from './w4.ts';

/* `npm run bench -- [--only w1,w2] [--quick] [--json]`. Ratios within one run are what to compare; absolute figures are the machine's. */

const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const benches: Record<string, { title: string; target: string; run: () => Promise<Record<string, number>> }> = {
  w1: { title: 'throughput, 1,000 releases × 17 tasks', target: 'ratio ≥ 0.50', run: () => w1(values.quick ? 1 : 5) },
  w2: { title: 'latency of one release of 17 tasks', target: 'median < 50 ms', run: () => w2(values.quick ? 10 : 50) },
  w3: {
    title: 'CPU with 10,000 waiting releases',
    target: 'cpu < 2 % of a core',
    run: () => w3(values.quick ? 1_000 : 10_000, values.quick ? 10 : 60),
  },
  api: {
    title: 'reading one of 100,000 releases, and 20, beside a bare handler',
    target: 'ratios ≥ 0.6 and ≥ 0.5',
    run: () => api(values.quick ? { rounds: 2, releases: 10_000, seconds: 1 } : { rounds: 5, releases: 100_000, seconds: 3 }),
  },
  w4: { title: 'lateness of 1,000 tasks due at once', target: 'p99 < 1,500 ms', run: () => w4() },
};

const wanted = values.only?.split(',') ?? Object.keys(benches);
const results: Record<string, Record<string, number>> = {};
for (const name of wanted) {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`there is no bench ${name}; there are ${Object.keys(benches).join(', ')}`);
  results[name] = await bench.run();
  const figures = Object.entries(results[name]).map(([key, value]) => `${key} ${value}`);
  process.stderr.write(`${name}  ${bench.title} (${bench.target}): ${figures.join(', ')}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
process.exit(0);
