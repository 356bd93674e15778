import type { Environment } from '../configuration/configuration.js';

/** Whether the standard variables of OpenTelemetry name somewhere to send traces to. */
const exports = (environment: Environment): boolean =>
  environment['OTEL_SDK_DISABLED'] !== 'true' &&
  (environment['OTEL_EXPORTER_OTLP_ENDPOINT'] !== undefined ||
    environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] !== undefined ||
    (environment['OTEL_TRACES_EXPORTER'] ?? 'none') !== 'none');

/**
 * Starts OpenTelemetry's SDK once per Node process if an exporter is configured (`OTEL_*`); otherwise nothing is loaded
 * (it is tens of megabytes) and spans cost nothing.
 *
 * @returns what stops it and sends what is left.
 */
export async function startTelemetry(environment: Environment): Promise<() => Promise<void>> {
  if (!exports(environment)) return async () => undefined;
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ instrumentations: [] });
  sdk.start();
  return () => sdk.shutdown();
}
