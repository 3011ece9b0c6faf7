import type { FakeJob, FakeParameter, FakeValue, ParameterKind } from './item.ts';

const packages: Partial<Record<ParameterKind, string>> = {
  Credentials: 'com.cloudbees.plugins.credentials',
  Git: 'net.uaznia.lukanus.hudson.plugins.gitparameter',
};

const classOf = (kind: ParameterKind, what: 'Definition' | 'Value') => {
  // A choice has a string for its value.
  const name = what === 'Value' && kind === 'Choice' ? 'String' : kind;
  return `${packages[kind] ?? 'hudson.model'}.${name}Parameter${what}`;
};

/** One value for each declared parameter; what the job does not declare is dropped. `null`: a choice that is none, which Jenkins answers with 500. */
export function readValues(job: FakeJob, form: Record<string, unknown>): FakeValue[] | null {
  const values: FakeValue[] = [];
  for (const parameter of job.parameters) {
    const given = Object.hasOwn(form, parameter.name) ? String(form[parameter.name]) : undefined;
    if (parameter.kind === 'Choice' && given !== undefined && !parameter.choices?.includes(given)) return null;
    const value = given ?? defaultOf(parameter);
    if (value === null) continue;
    values.push({ name: parameter.name, kind: parameter.kind, value: parameter.kind === 'Boolean' ? value === 'true' : value });
  }
  return values;
}

function defaultOf({ kind, default: value, choices }: FakeParameter): string | null {
  if (kind === 'File' || kind === 'Credentials') return null;
  return kind === 'Choice' ? (choices?.[0] ?? '') : (value ?? '');
}

export function definitionBody(parameter: FakeParameter): unknown {
  const { name, kind, description = '', choices } = parameter;
  const value = defaultOf(parameter);
  return {
    _class: classOf(kind, 'Definition'),
    name,
    type: kind === 'Git' ? 'PT_BRANCH' : `${kind}ParameterDefinition`,
    description,
    defaultParameterValue: value === null ? null : valueBody({ name, kind, value: kind === 'Boolean' ? value === 'true' : value }),
    ...(choices ? { choices } : {}),
  };
}

/** Secrets and files are named and not shown. */
export function valueBody({ name, kind, value }: FakeValue): unknown {
  const shown = kind !== 'Password' && kind !== 'File' && kind !== 'Credentials';
  return { _class: classOf(kind, 'Value'), name, ...(shown ? { value } : {}) };
}
