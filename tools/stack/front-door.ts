import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** Path prefix → the service behind it. In production an ingress serves the same paths. */
export type Routes = readonly { readonly prefix: string; readonly target: () => string | undefined }[];

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function problem(response: ServerResponse, status: number, title: string, detail: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/problem+json', ...(status === 503 ? { 'retry-after': '2' } : {}) });
  response.end(JSON.stringify({ type: 'about:blank', title, status, detail }));
}

/** One HTTP address before all services: streams requests, responses (SSE too) and WebSockets through, untouched. */
export function frontDoor(routes: Routes): Server {
  const targetOf = (path: string) =>
    routes
      .find(
        ({ prefix }) => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`) || path.startsWith(`${prefix}?`),
      )
      ?.target();

  const server = createServer((incoming, response) => {
    const target = targetOf(incoming.url ?? '/');
    if (!target)
      return problem(
        response,
        404,
        'Not Found',
        `nothing lives at ${incoming.url}; known: ${routes.map(({ prefix }) => prefix).join(', ')}`,
      );
    const outgoing = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: headersFor(incoming) }, (answer) => {
      const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
      response.writeHead(answer.statusCode ?? 502, headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    outgoing.once('error', (error) =>
      problem(response, 503, 'Service Unavailable', `the service behind this address does not answer: ${error.message}`),
    );
    // Not 'close' of the request: its body may have ended long ago while an event stream still runs.
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });

  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = targetOf(incoming.url ?? '/');
    if (!target) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    const { hostname, port } = new URL(target);
    const behind = connect(Number(port), hostname, () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let index = 0; index < incoming.rawHeaders.length; index += 2)
        lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`);
      behind.write(`${lines.join('\r\n')}\r\n\r\n`);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    behind.on('error', () => socket.destroy());
    socket.on('error', () => behind.destroy());
    socket.on('close', () => behind.destroy());
  });
  return server;
}

function headersFor(incoming: IncomingMessage): IncomingMessage['headers'] {
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
  const remote = incoming.socket.remoteAddress ?? '';
  return { ...headers, 'x-forwarded-for': remote, 'x-forwarded-host': incoming.headers.host ?? '', 'x-forwarded-proto': 'http' };
}
