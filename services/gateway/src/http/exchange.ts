import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the gateway needs of Express's request and response. */
export interface HttpRequest extends IncomingMessage {
  params: Record<string, string>;
  query: Record<string, unknown>;
  body?: unknown;
  /** Exactly the bytes of the body, kept for who signed them. */
  rawBody?: Uint8Array;
  /** The request target as it came. */
  originalUrl: string;
}
export type HttpResponse = ServerResponse;

export const CORRELATION_HEADER = 'Freehold-Correlation-Id';
export const POSITION_HEADER = 'Freehold-Position';

/** Set by the first middleware for every exchange. */
export const correlationOf = (response: HttpResponse): string => String(response.getHeader(CORRELATION_HEADER) ?? '');

export const headerOf = (request: HttpRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};

/** Every header as one text. */
export const headersOf = (request: HttpRequest): Record<string, string> =>
  Object.fromEntries(Object.keys(request.headers).map((name) => [name, headerOf(request, name) ?? '']));

export interface Answer {
  status: number;
  contentType: string;
  body: string | Uint8Array;
  headers?: Record<string, string>;
}

export function send(response: HttpResponse, { status, contentType, body, headers = {} }: Answer): void {
  if (response.headersSent) return void response.end();
  response.statusCode = status;
  for (const [name, value] of Object.entries({ 'Cache-Control': 'no-store', ...headers }))
    response.setHeader(name, value);
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}
