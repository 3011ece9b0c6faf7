/** The `tree` of Jenkins' remote API: which fields of a body to send, and which range of a list. */

interface Field {
  fields: Tree | null;
  range: [number, number] | null;
}
type Tree = Map<string, Field>;

/** What is left of a body; `_class` comes unasked, an object asked for without fields comes without any. */
export function applyTree(body: unknown, tree: string | null): unknown {
  if (tree === null) return body;
  const reader = { text: tree, at: 0 };
  const fields = readFields(reader);
  if (reader.at !== tree.length) throw new Error(`tree is malformed at ${reader.at}: ${tree}`);
  return prune(body, fields);
}

function readFields(reader: { text: string; at: number }): Tree {
  const tree: Tree = new Map();
  for (;;) {
    const name = /^\w+/.exec(reader.text.slice(reader.at))?.[0];
    if (name === undefined) throw new Error(`tree wants a name at ${reader.at}: ${reader.text}`);
    reader.at += name.length;
    tree.set(name, { fields: readNested(reader), range: readRange(reader) });
    if (reader.text[reader.at] !== ',') return tree;
    reader.at += 1;
  }
}

function readNested(reader: { text: string; at: number }): Tree | null {
  if (reader.text[reader.at] !== '[') return null;
  reader.at += 1;
  const fields = readFields(reader);
  if (reader.text[reader.at] !== ']') throw new Error(`tree wants ] at ${reader.at}: ${reader.text}`);
  reader.at += 1;
  return fields;
}

function readRange(reader: { text: string; at: number }): [number, number] | null {
  const range = /^\{(\d*),(\d*)\}/.exec(reader.text.slice(reader.at));
  if (!range) return null;
  reader.at += range[0].length;
  return [Number(range[1] || 0), range[2] ? Number(range[2]) : Number.POSITIVE_INFINITY];
}

function prune(value: unknown, fields: Tree | null): unknown {
  if (Array.isArray(value)) return value.map((each) => prune(each, fields));
  if (typeof value !== 'object' || value === null) return value;
  const body = value as Record<string, unknown>;
  const kept: Record<string, unknown> = body._class === undefined ? {} : { _class: body._class };
  for (const [name, field] of fields ?? []) {
    const child = body[name];
    if (child === undefined) continue;
    const ranged = Array.isArray(child) && field.range ? child.slice(...field.range) : child;
    kept[name] = prune(ranged, field.fields);
  }
  return kept;
}
