import type { TenantEffects } from './effects.ts';
import type { StoreEffect } from './stores/store.ts';

/** What the providers hold, for people: one page, no script. Everything in it comes from outside and is escaped. */
export function effectsPage(tenants: readonly TenantEffects[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>Sandbox providers</title>
<style>
  body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #1a1a1a }
  table { border-collapse: collapse; margin: 0.5rem 0 1.5rem } caption { text-align: left; font-weight: 600 }
  td, th { border: 1px solid #ddd; padding: 0.2rem 0.6rem; text-align: left; vertical-align: top; white-space: pre-line }
  .wrong { color: #b00020 }
</style>
<h1>Sandbox providers</h1>
<p>Created since the sandbox was started; reloads by itself.</p>
${tenants.map(section).join('\n')}
</html>
`;
}

type Row = Record<string, string | number | null>;

function section(effects: TenantEffects): string {
  const { branches, tags, releases, runs, tickets, testRuns, messages } = effects;
  const tables: [string, Row[]][] = [
    ['Branches', fresh(branches).map(({ name, commit }) => ({ name, commit: short(commit) }))],
    ['Tags', fresh(tags).map(({ name, commit }) => ({ name, commit: short(commit) }))],
    ['Releases', releases.map(({ tag, name, body }) => ({ tag, name, notes: body }))],
    [
      'Workflow runs',
      runs.map(({ id, workflow, ref, status, conclusion, artifacts }) => ({
        id,
        workflow,
        ref,
        status: conclusion ?? status,
        artifacts: artifacts.join(', '),
      })),
    ],
    [`Tickets in ${effects.tracker}`, fresh(tickets).map(({ key, title, status }) => ({ key, title, status }))],
    ['Test runs', testRuns.map(({ id, name, results }) => ({ id, name, results: JSON.stringify(results) }))],
    ...(effects.stores.length === 0 ? [] : [['Versions in the stores', effects.stores.map(storeRow)] satisfies [string, Row[]]]),
    ['Messages', fresh(messages).map(({ channel, text }) => ({ channel: `#${channel}`, text }))],
  ];
  return [
    `<h2>${escaped(effects.tenant)}</h2>`,
    ...effects.duplicates.map((words) => `<p class="wrong">Not once: ${escaped(words)}</p>`),
    ...tables.map(([title, rows]) => table(title, rows)),
  ].join('\n');
}

const storeRow = ({ store, version, builds, state, percent }: StoreEffect): Row => ({
  ...{ store, version, builds: builds.join(', '), state, users: percent === null ? null : `${percent} %` },
});
const fresh = <T extends { seeded: boolean }>(items: readonly T[]): T[] => items.filter(({ seeded }) => !seeded);
const short = (commit: string) => commit.slice(0, 10);

function table(title: string, rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return `<p>${escaped(title)}: none</p>`;
  const head = Object.keys(first).map((name) => `<th>${escaped(name)}</th>`);
  const body = rows.map(
    (row) =>
      `<tr>${Object.values(row)
        .map((value) => `<td>${escaped(String(value ?? ''))}</td>`)
        .join('')}</tr>`,
  );
  return `<table><caption>${escaped(title)} (${rows.length})</caption><tr>${head.join('')}</tr>${body.join('\n')}</table>`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
