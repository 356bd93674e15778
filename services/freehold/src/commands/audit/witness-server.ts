import type { WitnessAnswer } from '@freehold/evidence';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Alarm, Witness } from './witness.js';

/** A checkpoint with 100 signatures and a proof of 63 hashes take less. */
const MAX_BODY_BYTES = 256 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

export interface WitnessServerOptions {
  host: string;
  port: number;
  onCosigned: (size: number) => void;
  onAlarm: (alarm: Alarm) => void;
}

/** `POST <any prefix>/add-checkpoint` of c2sp.org/tlog-witness, for logs that ask for cosignatures themselves. */
export async function serveWitness(witness: Witness, options: WitnessServerOptions): Promise<Server> {
  const { host, port, onCosigned, onAlarm } = options;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST' || !(request.url ?? '').endsWith('/add-checkpoint')) return send(response, NOT_FOUND);
    const body = await bodyOf(request);
    if (body === null) return send(response, TOO_LONG);
    const considered = await witness.consider(body, Date.now());
    send(response, considered.answer);
    if (considered.kind === 'cosigned') onCosigned(considered.state.size);
    else if (considered.alarm !== null) onAlarm(considered.alarm);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, host, resolve);
  await promise;
  return server;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.byteLength;
    if (length > MAX_BODY_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function send(response: ServerResponse, { status, contentType, body }: WitnessAnswer): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const text = (status: number, body: string): WitnessAnswer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body,
});
const NOT_FOUND = text(404, 'not-found: This is a witness; it answers POST …/add-checkpoint.\n');
const TOO_LONG = text(413, 'request-too-long: A request has at most 256 KiB.\n');
