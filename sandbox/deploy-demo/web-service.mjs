/**
 * The demo's service: says which version of it answers. A bad version fails every so many requests; `version.json` beside it says how many. It is
 * packed and deployed, so it needs nothing but Node.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { version, failEvery } = JSON.parse(readFileSync(new URL('./version.json', import.meta.url), 'utf8'));
let requests = 0;

const server = createServer((request, response) => {
  if (request.url === '/health') return response.end('ok\n');
  requests += 1;
  const fails = failEvery !== null && requests % failEvery === 0;
  response.writeHead(fails ? 500 : 200, { 'content-type': 'text/plain', 'x-version': version });
  return response.end(fails ? 'this version has a bug\n' : `${process.env.GREETING} from ${version}\n`);
});
server.listen(Number(process.env.PORT), '127.0.0.1');
// Requests that are under way are answered first.
process.once('SIGTERM', () => server.close(() => process.exit(0)));
