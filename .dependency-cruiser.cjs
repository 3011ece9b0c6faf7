/**
 * Who may import whom. The table is the rule; ARCHITECTURE.md says why. The swc parser, because TypeScript 7 has no
 * JavaScript API for dependency-cruiser's own; it sees type imports too, which bind layers as much as values do.
 */
const layers = {
  domain: [],
  db: ['domain', 'platform'],
  platform: ['domain'],
  engine: ['domain', 'db', 'platform'],
  services: ['domain', 'engine', 'db', 'platform', 'integrations/capabilities', 'integrations/kit', 'integrations/registry\\.ts'],
  'integrations/capabilities': ['domain', 'platform/secret\\.ts', 'integrations/kit'],
  'integrations/kit': ['domain', 'platform', 'integrations/capabilities'],
  'integrations/registry\\.ts': ['integrations/kit', 'integrations/capabilities', 'integrations/providers'],
  'integrations/providers': [
    'integrations/kit',
    'integrations/capabilities',
    'platform/secret\\.ts',
    'domain/(failure|message|deployment/vocabulary)\\.ts',
  ],
  api: entryLayer(),
  workers: entryLayer(),
  scheduler: entryLayer(),
};

/** What receives requests or jobs and hands them on: services are the door to data and providers. */
function entryLayer() {
  return ['domain', 'engine', 'services', 'platform', 'integrations/capabilities', 'integrations/kit', 'integrations/registry\\.ts'];
}

const test = '\\.test\\.ts$';
const end = (path) => (path.endsWith('$') || path.endsWith('.ts') ? `^src/${path}$` : `^src/${path}/`);

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer.replaceAll('/', '-').replace('\\.ts', '')}`,
  severity: 'error',
  comment: `src/${layer} may import only: ${[layer, ...allowed].join(', ')}`,
  from: { path: end(layer), pathNot: test },
  to: { path: '^src/', pathNot: [layer, ...allowed].map(end) },
}));

/** A package and the only places that may import it. */
const packageRules = [
  ['drizzle-orm', ['^src/(db|engine|services)/']],
  ['bullmq', ['^src/(platform|workers|scheduler)/', '^src/api/routes/queues-board\\.ts$']],
  ['hono', ['^src/api/']],
  ['@hono/[^/]+', ['^src/api/', '^src/main/api\\.ts$']],
  ['@bull-board/[^/]+', ['^src/api/routes/queues-board\\.ts$']],
].map(([name, places]) => ({
  name: `package-${name.replace(/\/.*/, '')}`,
  severity: 'error',
  comment: `${name} only under ${places.join(', ')}`,
  from: { path: '^src/', pathNot: [...places, test] },
  to: { path: `(^|/)node_modules/${name}/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    ...packageRules,
    {
      name: 'one-provider',
      severity: 'error',
      comment: 'a provider never imports another provider',
      from: { path: '^src/integrations/providers/([^/]+)/', pathNot: test },
      to: { path: '^src/integrations/providers/', pathNot: '^src/integrations/providers/$1/' },
    },
    {
      name: 'pure-domain',
      severity: 'error',
      comment: 'src/domain has no IO, clock or randomness: of Node only hashing',
      from: { path: '^src/domain/', pathNot: test },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      from: { pathNot: '^src/main/' },
      to: { path: '^src/main/' },
    },
    {
      name: 'production-alone',
      severity: 'error',
      comment: 'src never imports tests, the sandbox, benches or scripts',
      from: { path: '^src/', pathNot: test },
      to: { path: '^(test|sandbox|bench|scripts)/|\\.test\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'an import that is not found is an import that no rule sees',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-packages',
      severity: 'error',
      comment: 'production code uses what package.json declares under dependencies',
      from: { path: '^src/', pathNot: test },
      // Nothing but declarations, which are gone when it runs.
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'undetermined'], pathNot: '^node_modules/kubernetes-types/' },
    },
  ],
  options: {
    parser: 'swc',
    // Without cjs, because a local function named require is not an import.
    moduleSystems: ['es6'],
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs'],
      conditionNames: ['import', 'node', 'types', 'default'],
      exportsFields: ['exports'],
    },
  },
};
