/** Where a browser enters an operator's token. `path` and `refusal` are our own words. */
export function loginPage(path: string, refusal: string | null): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signalbox queues</title><link rel="icon" href="data:,"><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0}
form{display:grid;gap:.8rem;width:min(26rem,90vw)}h1{font-size:1.3rem;margin:0}input,button{font:inherit;padding:.5rem .7rem}
p{margin:0}.refusal{color:#b3261e}</style></head><body>
<form method="post" action="${path}/login"><h1>Signalbox queues</h1>
<label for="token">Operator token (sbo_…): npm run -s admin -- operator add --name NAME</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
${refusal === null ? '' : `<p class="refusal" role="alert">${refusal}</p>`}<button>Log in</button></form></body></html>`;
}
