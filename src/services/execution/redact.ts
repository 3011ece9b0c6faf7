import { Secret } from '../../platform/secret.ts';

/*
 * What may be shown of a call. Three nets, because each has holes: the connection's own secrets by value, in every form they travel in; fields,
 * parameters and words whose name says that a secret follows; and what looks like one whatever it is called.
 */

const HIDDEN = '[redacted]';
/** Shorter ones would hide ordinary words. */
const MIN_SECRET_CHARS = 6;

const NAMES =
  'token|secret|passw|passphrase|authorization|credential|signature|cookie|jwt|assertion|bearer|api[-_]?key|private[-_]?key|access[-_]?key';
const secretName = new RegExp(NAMES, 'i');
/** Says something about a secret, and is none. */
const harmlessName = /^(token_type|next_?page_?token|page_?token|has[A-Z_]\w*)$/;

const field = new RegExp(`("[^"]*(?:${NAMES})[^"]*"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*"?|[^\\s,}\\]]+)`, 'gi');
const parameter = new RegExp(`((?:^|[?&;])[^=&;\\s"']*(?:${NAMES}|\\bsig\\b)[^=&;\\s"']*=)[^&;\\s"'\\\\<>]+`, 'gi');
const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi;

const looksSecret: readonly RegExp[] = [
  /-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|sbx_|whsec_|lin_api_|ATATT|AKIA|ya29\.)[\w.-]{8,}/g,
  /\bhttps:\/\/hooks\.[\w.-]+\/[\w/-]+/g,
];

export type Redact = (text: string) => string;

/** @param secrets values that must not be seen, wherever they stand */
export function createRedact(secrets: readonly Secret[]): Redact {
  const values = [...new Set(secrets.flatMap((secret) => formsOf(secret.reveal())))]
    .filter((value) => value.length >= MIN_SECRET_CHARS)
    // The longer one first: the shorter one may be part of it.
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let shown = hideFields(text);
    for (const value of values) shown = shown.replaceAll(value, HIDDEN);
    shown = shown.replaceAll(parameter, `$1${HIDDEN}`).replaceAll(userInfo, `$1${HIDDEN}@`);
    for (const pattern of looksSecret) shown = shown.replaceAll(pattern, HIDDEN);
    return shown;
  };
}

/** In text, in JSON, in addresses and forms, and in base64. */
function formsOf(value: string): string[] {
  const url = URL.canParse(value) ? new URL(value) : null;
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
    ...(url === null ? [] : [url.href, ...(url.pathname.length > MIN_SECRET_CHARS ? [url.pathname] : [])]),
  ];
}

/** JSON by its structure; what is no whole JSON by the look of its fields. */
function hideFields(text: string): string {
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.stringify(hideIn(JSON.parse(text), false));
  } catch {
    return text.replaceAll(field, `$1"${HIDDEN}"`);
  }
}

function hideIn(value: unknown, isSecret: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => hideIn(item, isSecret));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideIn(inner, isSecret || isSecretName(name))]));
  }
  return isSecret && (typeof value === 'string' || typeof value === 'number') ? HIDDEN : value;
}

const isSecretName = (name: string) => secretName.test(name) && !harmlessName.test(name);

/** Every secret in an object, however deep. */
export function secretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
}
