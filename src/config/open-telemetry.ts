import { ConfigError } from './config-error.js';

type Texts = Readonly<Record<string, string | undefined>>;

/** What the product sends: OTLP as JSON over HTTP. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  OTEL_TRACES_EXPORTER: ['otlp', 'none'],
  OTEL_EXPORTER_OTLP_PROTOCOL: ['http/json'],
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ['http/json'],
};

/** One of these turns traces on. */
const SWITCHES = [
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
];

/**
 * Whether OpenTelemetry's standard variables ask for traces. If so, those that only the file `.env` sets are set in
 * the environment too, where OpenTelemetry's packages read them.
 * @throws ConfigError for an exporter or a protocol that the product lacks.
 */
export function readTraces(texts: Texts): boolean {
  const isDisabled = texts.OTEL_SDK_DISABLED?.toLowerCase() === 'true';
  if (isDisabled || texts.OTEL_TRACES_EXPORTER === 'none' || !SWITCHES.some(name => texts[name])) {
    return false;
  }
  for (const [name, values] of Object.entries(KNOWN)) {
    const text = texts[name];
    if (text && !values.includes(text)) {
      throw new ConfigError(name, `is ${JSON.stringify(text)}: it takes ${values.join(' or ')}`);
    }
  }
  for (const [name, text] of Object.entries(texts)) {
    if (name.startsWith('OTEL_')) {
      process.env[name] ??= text;
    }
  }
  return true;
}
