import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const folders = 'src|test|docs|scripts|sandbox|bench|drizzle|\\.ci';
/** `src/…` and its like, or a file name at the root with an extension we use. */
const repositoryPath = new RegExp(`^(?:\\./)?(?:(?:${folders})/\\S*|[A-Za-z.][\\w.-]*\\.(?:md|yml|json|jsonc|mjs|cjs|ts))$`);
const rootFile = /^[^/]+$/;

/** Paths that the documents mention and the clone does not have: `document:line: path`. */
export function checkDocPaths(root) {
  const missing = [];
  for (const document of documents(root)) {
    const lines = readFileSync(document, 'utf8').split('\n');
    let fenced = false;
    lines.forEach((line, index) => {
      if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
      if (fenced) return;
      for (const path of mentionedPaths(line)) {
        if (!existsSync(join(root, path))) missing.push(`${relative(root, document)}:${index + 1}: ${path}`);
      }
      for (const target of linkTargets(line)) {
        if (!existsSync(resolve(dirname(document), target))) missing.push(`${relative(root, document)}:${index + 1}: link to ${target}`);
      }
    });
  }
  return missing;
}

function documents(root) {
  const atRoot = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].map((name) => join(root, name));
  const docs = join(root, 'docs');
  const below = existsSync(docs)
    ? readdirSync(docs, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
        .map((entry) => join(entry.parentPath, entry.name))
    : [];
  return [...atRoot, ...below].filter((path) => existsSync(path));
}

/** A path with a placeholder (`<id>`, `*`, `{a,b}`, `…`) is checked up to the folder before it; `:12` and `#part` are dropped. */
function mentionedPaths(line) {
  return (
    [...line.matchAll(/`([^`]+)`/g)]
      .map(([, text]) => text.replace(/[:#]\S*$/, ''))
      .filter((text) => repositoryPath.test(text))
      .map((text) => (/[<*{[…]/.test(text) ? text.replace(/[^/]*[<*{[…].*$/, '') : text))
      // A bare name may be of a file in any folder: only those that look like the root's own are ours to judge.
      .filter((text) => text !== '' && (!rootFile.test(text) || /^[A-Z.]|^(package|tsconfig|biome|docker-compose|vitest|knip)/.test(text)))
  );
}

function linkTargets(line) {
  return [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/i.test(target));
}
