import { ServerResponse, STATUS_CODES } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

/** An answer of the router itself, in words for people. */
export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterS?: number;
}

/**
 * Answers on a response, or on the bare socket of an upgrade; if an answer has begun, breaks it off.
 * @param writtenBefore bytes that a socket had sent when its upgrade came
 */
export function answerPlainly(
  to: ServerResponse | Http2ServerResponse | Socket,
  answer: PlainAnswer,
  writtenBefore = 0,
): void {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    ...(answer.retryAfterS === undefined ? {} : { 'retry-after': String(answer.retryAfterS) }),
  };
  const body = `${answer.text}\n`;
  if (to instanceof ServerResponse) {
    if (to.headersSent) to.destroy();
    else to.writeHead(answer.status, headers).end(body);
  } else if ('stream' in to) {
    to.stream.close();
  } else if (to.writable && to.bytesWritten === writtenBefore) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    to.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`);
  } else {
    to.destroy();
  }
}
