import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

export { SpanKind };

interface SpanOptions {
  kind: SpanKind;
  /** Of whoever asked; continues that trace. */
  traceparent?: string | undefined;
  attributes?: Record<string, string | number>;
}

/**
 * Runs `work` in a span of its own and hands it the `traceparent` to pass on: the span's, or without an SDK the one
 * that came in.
 */
export async function inSpan<Result>(
  name: string,
  { kind, traceparent, attributes = {} }: SpanOptions,
  work: (traceparent: string | undefined) => Promise<Result>,
): Promise<Result> {
  const parent = parseTraceparent(traceparent);
  const outer = parent === undefined ? context.active() : trace.setSpanContext(context.active(), parent);
  const span = trace.getTracer('freehold').startSpan(name, { kind, attributes }, outer);
  const own = span.isRecording() && isSpanContextValid(span.spanContext());
  const passedOn = own ? formatTraceparent(span.spanContext()) : traceparent;
  try {
    return await context.with(trace.setSpan(outer, span), () => work(passedOn));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    if (error instanceof Error) span.recordException(error);
    throw error;
  } finally {
    span.end();
  }
}
