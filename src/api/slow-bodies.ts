import type { IncomingMessage, Server } from 'node:http';
import { isUpload } from './middleware/upload-path.ts';

/**
 * Who opens a request and does not go on with it holds a connection. A body has `wholeMs` to arrive; an upload may take any time, but never
 * pause for longer than `pauseMs`. The server's own limit is one for all requests, and switched off.
 */
export function limitSlowBodies(server: Server, { wholeMs, pauseMs }: { wholeMs: number; pauseMs: number }): void {
  server.requestTimeout = 0;
  server.headersTimeout = wholeMs;
  server.on('request', (request) => {
    if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return;
    if (isUpload(request.method ?? '', pathOf(request))) request.socket.setTimeout(pauseMs);
    else endAfter(request, wholeMs);
  });
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';

function endAfter(request: IncomingMessage, ms: number): void {
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, ms);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}
