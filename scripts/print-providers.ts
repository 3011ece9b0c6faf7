import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Provider } from '../src/integrations/kit/define-provider.ts';
import { providers } from '../src/integrations/registry.ts';
import { type ContractRun, contractRuns } from './lib/contract-runs.ts';

/* Prints docs/providers.md from the registry, the interfaces and the contract tests: `npm run docs:providers`. */

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const capabilitiesFolder = 'src/integrations/capabilities';
const contractsFolder = 'test/contracts';

export const providersPage = `${root}/docs/providers.md`;

export interface Capability {
  /** Member of the manifest. */
  member: string;
  /** Words for people. */
  title: string;
  /** Function that runs its contract. */
  suite: string;
  operations: string[];
  /** Those that the suite calls. */
  asserted: ReadonlySet<string>;
}

/** The capabilities a manifest may declare, in its order. */
export function capabilities(): Capability[] {
  const manifest = read('src/integrations/kit/define-provider.ts');
  const interfaces = readdirSync(`${root}/${capabilitiesFolder}`).map((name) => read(`${capabilitiesFolder}/${name}`));
  return [...manifest.matchAll(/^ {2}(\w+)\?: (?:Factory<C, S, (\w+)>|(WebhookSource|InteractionSource));/gm)].map(
    ([, member = '', made, source]) => {
      const type = made ?? source ?? '';
      const suite = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}Contract`;
      const operations = operationsOf(type, interfaces);
      const text = suiteText(suite);
      const asserted = new Set(operations.filter((operation) => new RegExp(`\\.${operation}\\??\\.?\\(`).test(text)));
      return { member, title: titleOf(member), suite, operations, asserted };
    },
  );
}

const titleOf = (member: string) => (member === 'ci' ? 'CI' : member.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));

/** Methods of an interface, in its order. */
function operationsOf(type: string, sources: readonly string[]): string[] {
  const head = `export interface ${type} {\n`;
  const source = sources.find((text) => text.includes(head));
  if (source === undefined) throw new Error(`no file in ${capabilitiesFolder} has the interface ${type}`);
  const body = source.slice(source.indexOf(head) + head.length).split('\n}\n')[0] ?? '';
  return [...body.matchAll(/^ {2}(\w+)\??\(/gm)].map(([, name = '']) => name);
}

/** The suite and what it is put together from. */
function suiteText(suite: string): string {
  const entry = contractFiles().find((name) => read(`${contractsFolder}/${name}`).includes(`export function ${suite}(`));
  if (entry === undefined) return '';
  const seen = new Set([entry]);
  for (const name of seen) {
    for (const [, imported = ''] of read(`${contractsFolder}/${name}`).matchAll(/from '\.\/([\w.-]+\.ts)'/g)) seen.add(imported);
  }
  return [...seen].map((name) => read(`${contractsFolder}/${name}`)).join('\n');
}

const contractFiles = () => readdirSync(`${root}/${contractsFolder}`).filter((name) => name.endsWith('.contract.ts'));

/** Whether the manifest declares the capability. */
export const declares = (provider: Provider, { member }: Capability): boolean => provider[member as keyof Provider] !== undefined;

/** Runs of a capability's suite for a provider. */
export const runsOf = (runs: readonly ContractRun[], provider: Provider, { suite }: Capability): ContractRun[] =>
  runs.filter((run) => run.suite === suite && run.provider === provider.id);

export const readContractRuns = () => contractRuns(`${root}/${contractsFolder}`);

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
const table = (head: readonly string[], rows: readonly (readonly string[])[]) => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

function overview(list: readonly Provider[], all: readonly Capability[]): string[] {
  const rows = list.map((provider) => [
    `[${provider.displayName}](../src/integrations/providers/${provider.id}/README.md)`,
    provider.categories.map((category) => `\`${category}\``).join(', '),
    all
      .filter((capability) => !capability.member.startsWith('webhook') && declares(provider, capability))
      .map(({ title }) => title)
      .join(', '),
    provider.webhook === undefined ? 'no' : provider.webhookRegistrar === undefined ? 'set up by hand' : 'set up through its API',
  ]);
  return table(['provider', 'connected as', 'capabilities', 'webhooks'], rows);
}

/** Operation by provider. */
function matrix(capability: Capability, list: readonly Provider[], runs: readonly ContractRun[]): string[] {
  const having = list.filter((provider) => declares(provider, capability));
  const heading = [`## ${capability.title.slice(0, 1).toUpperCase()}${capability.title.slice(1)}`, ''];
  if (having.length === 0) return [...heading, 'No provider has it.', ''];
  const rows = capability.operations.map((operation) => [
    `\`${operation}\``,
    ...having.map((provider) => coverage(capability, operation, provider, runsOf(runs, provider, capability))),
  ]);
  return [
    ...heading,
    ...table(['operation', ...having.map(({ displayName }) => displayName)], rows),
    '',
    ...skipped(capability, having, runs),
  ];
}

function coverage({ member, asserted }: Capability, operation: string, provider: Provider, runs: readonly ContractRun[]): string {
  const declared = provider[member as keyof Provider];
  // A source of webhooks is no factory: what it leaves out can be seen.
  if (typeof declared === 'object' && declared !== null && !(operation in declared)) return 'not needed';
  if (runs.length === 0) return 'no contract';
  if (!asserted.has(operation)) return 'not by the suite';
  const skips = runs.reduce((sum, run) => sum + run.skips.length, 0);
  return skips === 0 ? 'yes' : 'yes, see below';
}

function skipped(capability: Capability, having: readonly Provider[], runs: readonly ContractRun[]): string[] {
  const lines = having.flatMap((provider) =>
    runsOf(runs, provider, capability).flatMap(({ edition, skips }) =>
      skips.map(({ reason, tests }) => {
        const who = edition === '' ? provider.displayName : `${provider.displayName} (${edition})`;
        return `- ${who} does not promise: ${tests.map((name) => `*${name}*`).join('; ')}. ${sentence(reason)}`;
      }),
    ),
  );
  return lines.length === 0 ? [] : [...lines, ''];
}

const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

const LIMIT_HEADINGS = ['Limits', 'Not covered'];

/** First sentences of what a README says under its limits. */
export function limitsOf(readme: string): string[] {
  const sections = readme.split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const [heading = '', ...lines] = section.split('\n');
    if (!LIMIT_HEADINGS.includes(heading.trim())) return [];
    const text = lines.join('\n').trim();
    const points = /^- /m.test(text) ? text.split(/^- /m).slice(1) : text.split(/\n\s*\n/).slice(0, 1);
    return points.map((point) => firstSentence(cell(point))).filter((point) => point !== '');
  });
}

const firstSentence = (text: string) => /^.*?[^.]\.(?= [A-Z]|$)/.exec(text)?.[0] ?? text;

function limits(list: readonly Provider[]): string[] {
  return list.flatMap(({ id, displayName }) => {
    const path = `src/integrations/providers/${id}/README.md`;
    const stated = existsSync(`${root}/${path}`) ? limitsOf(read(path)) : [];
    const lines = stated.length === 0 ? ['- none stated in its README'] : stated.map((limit) => `- ${limit}`);
    return [`**${displayName}**`, '', ...lines, ''];
  });
}

/** The page, from the manifests themselves, the interfaces and the tests. */
export function providersDocument(): string {
  const list = Object.values(providers).sort((a, b) => (a.displayName < b.displayName ? -1 : 1));
  const all = capabilities();
  const runs = readContractRuns();
  const lines = [
    '# Providers',
    '',
    'Printed by `npm run docs:providers` from the registry, the interfaces of `src/integrations/capabilities` and the contract runs of `test/contracts`; edit those, not this page.',
    '',
    ...overview(list, all),
    '',
    'Below, per capability: *yes* means that the contract suite, which every provider must pass, calls the operation; *not by the suite* leaves it to tests of the provider.',
    '',
    ...all.flatMap((capability) => matrix(capability, list, runs)),
    '## Known limits',
    '',
    'What each README says under its limits, in short.',
    '',
    ...limits(list),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(providersPage, providersDocument());
