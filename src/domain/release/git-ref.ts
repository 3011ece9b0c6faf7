/** Well below the 255 bytes that a file name may have where refs are files, so that `.lock` and `-rc.N` still fit. */
const MAX_LENGTH = 200;

const rules: readonly { broken: (name: string) => boolean; says: string }[] = [
  { broken: (name) => name === '', says: 'is empty' },
  { broken: (name) => name.length > MAX_LENGTH, says: `is longer than ${MAX_LENGTH} characters` },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git refuses exactly these
  { broken: (name) => /[\u0000-\u0020\u007f~^:?*[\\]/.test(name), says: 'holds a blank, a control character or one of ~ ^ : ? * [ \\' },
  { broken: (name) => name.includes('..'), says: 'holds ".."' },
  { broken: (name) => name.includes('@{') || name === '@', says: 'holds "@{" or is "@"' },
  { broken: (name) => name.startsWith('-'), says: 'begins with "-"' },
  { broken: (name) => name.endsWith('.'), says: 'ends with "."' },
  { broken: (name) => name !== '' && name.split('/').some((part) => part === ''), says: 'begins or ends with "/" or holds "//"' },
  { broken: (name) => name.split('/').some((part) => part.startsWith('.')), says: 'has a part that begins with "."' },
  { broken: (name) => name.split('/').some((part) => part.endsWith('.lock')), says: 'has a part that ends with ".lock"' },
  { broken: (name) => name === 'HEAD' || name.startsWith('refs/'), says: 'is "HEAD" or begins with "refs/"' },
];

/** What is wrong with a branch or tag name by git's rules (`git check-ref-format --branch`); null = nothing. */
export function checkRefName(name: string): string | null {
  return rules.find((rule) => rule.broken(name))?.says ?? null;
}
