/** Server-side apply, as far as it is used: fields by manager, conflicts, and what a manager no longer names. */

type Path = readonly string[];
type Fields = Record<string, unknown>;

/** Lists whose items are told apart by these fields; all others are one value. */
const keysOfLists: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  ports: ['containerPort', 'port', 'protocol'],
};

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function itemKey(list: string, item: Fields): string {
  return `[${(keysOfLists[list] ?? []).flatMap((key) => (item[key] === undefined ? [] : [`${key}=${String(item[key])}`])).join(',')}]`;
}

/** Every value by its path; items of keyed lists stand under their key. */
function* leaves(value: unknown, path: Path = []): Generator<[Path, unknown]> {
  const list = path.at(-1) ?? '';
  if (isFields(value) && Object.keys(value).length > 0) {
    for (const [name, inner] of Object.entries(value)) yield* leaves(inner, [...path, name]);
  } else if (Array.isArray(value) && keysOfLists[list] !== undefined && value.every(isFields)) {
    for (const item of value) yield* leaves(item, [...path, itemKey(list, item)]);
  } else {
    yield [path, value];
  }
}

function step(parent: unknown, name: string, list: string): unknown {
  if (Array.isArray(parent)) return parent.find((item) => isFields(item) && itemKey(list, item) === name);
  return isFields(parent) ? parent[name] : undefined;
}

const read = (object: unknown, path: Path): unknown =>
  path.reduce<unknown>((parent, name, index) => step(parent, name, path[index - 1] ?? ''), object);

/** A new item has its key from the beginning, or it would not be found again. */
function itemOf(name: string): Fields {
  const pairs =
    /^\[(.+)\]$/
      .exec(name)?.[1]
      ?.split(',')
      .map((pair) => pair.split('=')) ?? [];
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key, /^\d+$/.test(value) ? Number(value) : value]));
}

function write(object: Fields, path: Path, value: unknown): void {
  let parent: unknown = object;
  path.slice(0, -1).forEach((name, index) => {
    let next = step(parent, name, path[index - 1] ?? '');
    if (next === undefined) {
      const isList = (path[index + 1] ?? '').startsWith('[');
      next = isList ? [] : itemOf(name);
      if (Array.isArray(parent)) parent.push(next);
      else if (isFields(parent)) parent[name] = next;
    }
    parent = next;
  });
  const name = path.at(-1) ?? '';
  if (isFields(parent)) parent[name] = value;
}

function erase(object: Fields, path: Path): void {
  const parent = read(object, path.slice(0, -1));
  if (isFields(parent)) delete parent[path.at(-1) ?? ''];
  // An item or a map that nothing is left of goes as well.
  const item = path.at(-2) ?? '';
  const rest = read(object, path.slice(0, -2));
  if (!isFields(parent) || Object.keys(parent).length > 0 || path.length < 2) return;
  if (Array.isArray(rest)) rest.splice(rest.indexOf(parent), 1);
  else if (isFields(rest)) delete rest[item];
}

interface Applied {
  object: Fields;
  /** Managers whose fields have another value, with the fields; only where it is not forced. */
  conflicts: string[];
}

/** @param managers fields by manager; changed where the change is taken */
export function applyFields(
  live: Fields,
  wanted: Fields,
  { manager, force, managers }: { manager: string; force: boolean; managers: Map<string, Set<string>> },
): Applied {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = structuredClone(wanted);
  const { name: _name, namespace: _namespace, ...named } = isFields(metadata) ? metadata : {};
  const fields = [...leaves({ ...rest, metadata: named })].filter(([path]) => !(path.length === 1 && path[0] === 'metadata'));
  const object = structuredClone(live);
  const others = [...managers].filter(([each]) => each !== manager);
  const conflicts = fields.flatMap(([path, value]) => {
    const key = JSON.stringify(path);
    const isOther = JSON.stringify(read(object, path)) !== JSON.stringify(value);
    return isOther ? others.filter(([, owned]) => owned.has(key)).map(([each]) => `${each}: .${path.join('.')}`) : [];
  });
  if (conflicts.length > 0 && !force) return { object, conflicts };
  const kept = new Set(fields.map(([path]) => JSON.stringify(path)));
  for (const key of managers.get(manager) ?? []) {
    const isOwned = others.some(([, owned]) => owned.has(key));
    if (!kept.has(key) && !isOwned) erase(object, JSON.parse(key) as Path);
  }
  for (const [path, value] of fields) {
    const isChanged = JSON.stringify(read(object, path)) !== JSON.stringify(value);
    if (isChanged) for (const [, owned] of others) owned.delete(JSON.stringify(path));
    write(object, path, value);
  }
  managers.set(manager, kept);
  return { object, conflicts: [] };
}
