/** Bodies made from the JSON Schemas of the OpenAPI document: one that is right, and many that are wrong in one place each. */

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  example?: unknown;
  examples?: unknown[];
  default?: unknown;
  format?: string;
  minLength?: number;
  minItems?: number;
  minimum?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

export type Components = Record<string, JsonSchema>;

export function resolve(schema: JsonSchema, components: Components): JsonSchema {
  const name = schema.$ref?.split('/').at(-1);
  if (name === undefined) return schema;
  const target = components[name];
  if (target === undefined) throw new Error(`no schema ${name}`);
  return resolve(target, components);
}

/** The same for a whole body: where nothing is required, one field is given, because a change must change something. */
export function sampleBodyOf(given: JsonSchema, components: Components): unknown {
  const schema = resolve(given, components);
  const [first] = Object.entries(schema.properties ?? {});
  const sample = sampleOf(schema, components);
  if ((schema.required ?? []).length > 0 || first === undefined) return sample;
  return { [first[0]]: sampleOf(first[1], components) };
}

function sampleOf(given: JsonSchema, components: Components): unknown {
  const schema = resolve(given, components);
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice !== undefined) return sampleOf(choice, components);
  const [type] = [schema.type].flat();
  switch (type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {}, components)]));
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}, components));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    case 'string':
      return sampleText(schema);
    default:
      return 'sample';
  }
}

function sampleText({ format, minLength = 1 }: JsonSchema): string {
  if (format === 'date-time') return '2035-01-01T00:00:00.000Z';
  if (format === 'email') return 'sample@example.com';
  return 'sample'.padEnd(minLength, 'x');
}

export interface WrongBody {
  what: string;
  body: unknown;
}

/** Each wrong in exactly one place: a field of another type, a field missing, one too many, text that is no text. */
export function wrongBodies(given: JsonSchema, components: Components): WrongBody[] {
  const schema = resolve(given, components);
  const right = sampleBodyOf(schema, components) as Record<string, unknown>;
  const wrong: WrongBody[] = [null, [], 'text', 7, true].map((body) => ({ what: `${JSON.stringify(body)} as the body`, body }));
  wrong.push({ what: 'a field too many', body: { ...right, nobodyKnowsThis: 1 } });
  for (const name of schema.required ?? []) {
    const { [name]: _gone, ...body } = right;
    wrong.push({ what: `no ${name}`, body });
  }
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    for (const value of wrongValues(resolve(field, components), components)) {
      wrong.push({ what: `${name} = ${String(JSON.stringify(value)).slice(0, 60)}`, body: { ...right, [name]: value } });
    }
  }
  return wrong;
}

function wrongValues(schema: JsonSchema, components: Components): unknown[] {
  const choices = schema.anyOf ?? schema.oneOf;
  const types = new Set(
    choices === undefined ? [schema.type].flat() : choices.flatMap((choice) => [resolve(choice, components).type].flat()),
  );
  const values: unknown[] = [];
  if (!types.has('string')) values.push('text', '');
  else values.push('x'.repeat(70_000), '\ud800');
  if (!types.has('number') && !types.has('integer')) values.push(7);
  else values.push(-1, 1.5, 1e300);
  if (!types.has('boolean')) values.push(true);
  if (!types.has('array')) values.push([]);
  else
    values.push(
      [null],
      [[]],
      Array.from({ length: 5000 }, () => ({})),
    );
  if (!types.has('object')) values.push({});
  if (!types.has('null')) values.push(null);
  if (schema.enum !== undefined) values.push('NO_SUCH_WORD');
  return values;
}
