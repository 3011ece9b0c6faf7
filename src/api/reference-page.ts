/** The API reference as one page without scripts or anything loaded from elsewhere: it works offline and behind any policy. */

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  description?: string;
  default?: unknown;
}

interface Content {
  schema?: Schema;
}

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, Content> };
  responses: Record<string, { description: string; content?: Record<string, Content> }>;
}

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

const MAX_DEPTH = 6;

export function renderReference(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [
    ...new Set([...(document.tags ?? []).map((tag) => tag.name), ...operations.flatMap((entry) => entry.operation.tags ?? [])]),
  ];
  const sections = tags.map((tag) => {
    const mine = operations.filter((entry) => entry.operation.tags?.includes(tag));
    const about = document.tags?.find((entry) => entry.name === tag)?.description ?? '';
    return {
      nav: `<h2>${text(tag)}</h2><ul>${mine.map((entry) => `<li><a href="#${text(idOf(entry))}">${text(entry.operation.summary ?? entry.path)}</a>`).join('')}</ul>`,
      body: mine.length === 0 ? '' : `<section><h2>${text(tag)}</h2><p>${text(about)}</p>${mine.map(renderOperation).join('')}</section>`,
    };
  });
  const schemas = Object.entries(document.components?.schemas ?? {})
    .map(([name, schema]) => `<article id="schema-${text(name)}"><h3>${text(name)}</h3>${renderSchema(schema)}</article>`)
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(document.info.title)} API</title><style>${STYLE}</style></head><body>
<nav><h1>${text(document.info.title)} API</h1><p><a href="/openapi.json">openapi.json</a></p>${sections.map((section) => section.nav).join('')}</nav>
<main><p>${inline(document.info.description ?? '')}</p>${sections.map((section) => section.body).join('')}<section><h2>Schemas</h2>${schemas}</section></main>
</body></html>`;
}

interface Entry {
  path: string;
  method: string;
  operation: Operation;
}

const idOf = ({ method, path, operation }: Entry) => operation.operationId ?? `${method}-${path}`;

function renderOperation(entry: Entry): string {
  const { path, method, operation } = entry;
  const parameters = (operation.parameters ?? [])
    .map(
      (parameter) =>
        `<tr><td><code>${text(parameter.name)}</code><td>${text(parameter.in)}${parameter.required ? ', required' : ''}<td>${typeOf(parameter.schema ?? {})}<td>${inline(parameter.description ?? parameter.schema?.description ?? '')}`,
    )
    .join('');
  const body = Object.entries(operation.requestBody?.content ?? {})
    .map(([type, content]) => `<h4>Body <small>${text(type)}</small></h4>${renderSchema(content.schema ?? {})}`)
    .join('');
  const responses = Object.entries(operation.responses)
    .map(([status, response]) => {
      const shapes = Object.values(response.content ?? {}).map((content) => typeOf(content.schema ?? {}));
      return `<tr><td><code>${text(status)}</code><td>${inline(response.description)}<td>${[...new Set(shapes)].join(' or ')}`;
    })
    .join('');
  return `<article id="${text(idOf(entry))}"><h3><b class="${text(method)}">${text(method.toUpperCase())}</b> <code>${text(path)}</code></h3>
<p><strong>${text(operation.summary ?? '')}</strong> ${inline(operation.description ?? '')}${operation.security?.length === 0 ? ' <em>No token needed.</em>' : ''}</p>
${parameters && `<h4>Parameters</h4><table>${parameters}</table>`}${body}<h4>Responses</h4><table>${responses}</table></article>`;
}

/** Objects as a table of fields, anything else as its type. */
function renderSchema(schema: Schema, depth = 0): string {
  if (schema.properties === undefined || depth >= MAX_DEPTH) return `<p>${typeOf(schema)} ${inline(schema.description ?? '')}</p>`;
  const rows = Object.entries(schema.properties).map(([name, field]) => {
    const required = schema.required?.includes(name)
      ? 'required'
      : field.default === undefined
        ? ''
        : `default <code>${text(JSON.stringify(field.default))}</code>`;
    const inner = field.properties ?? field.items?.properties;
    const nested = inner === undefined ? '' : renderSchema(field.properties === undefined ? (field.items ?? {}) : field, depth + 1);
    return `<tr><td><code>${text(name)}</code><td>${typeOf(field)}<td>${required}<td>${inline(field.description ?? '')}${nested}`;
  });
  return `<table>${rows.join('')}</table>`;
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${text(name)}">${text(name)}</a>`;
  }
  if (schema.enum !== undefined) return schema.enum.map((value) => `<code>${text(JSON.stringify(value))}</code>`).join(' | ');
  if (schema.const !== undefined) return `<code>${text(JSON.stringify(schema.const))}</code>`;
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return choices.map(typeOf).join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' & ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  return text(Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any'));
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: string) => value.replace(/[&<>"']/g, (character) => escapes[character] ?? character);
/** Text with `code` in it. */
const inline = (value: string) => text(value).replace(/`([^`]+)`/g, '<code>$1</code>');

const STYLE = `
:root{color-scheme:light dark}*{box-sizing:border-box}
body{margin:0;font:15px/1.5 system-ui,sans-serif;display:grid;grid-template-columns:19rem 1fr}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;border-right:1px solid #8884}
nav h1{font-size:1.2rem;margin:0}nav h2{font-size:.8rem;text-transform:uppercase;margin:1rem 0 .2rem;opacity:.7}
nav ul{list-style:none;margin:0;padding:0}nav a{text-decoration:none}
main{padding:1rem 2rem;max-width:70rem}article{border-top:1px solid #8884;padding:.5rem 0 1rem;scroll-margin-top:1rem}
h3{margin:.6rem 0;font-size:1.05rem}h4{margin:.8rem 0 .2rem}code{font:13px ui-monospace,monospace;background:#8882;padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #8883;padding:.25rem .6rem .25rem 0;vertical-align:top}
b{font:600 12px ui-monospace,monospace;padding:.15em .5em;border-radius:3px;color:#fff;background:#555}
.get{background:#1a6fb5}.post{background:#2a7d3f}.put,.patch{background:#9a6400}.delete{background:#b3261e}
@media(max-width:800px){body{display:block}nav{position:static;height:auto}}`;
