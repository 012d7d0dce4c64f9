import { AsyncLocalStorage } from "node:async_hooks";
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { TracedCall, Tracing } from "./tracing.ts";

const FIRST_SERVER_ERROR = 500;
const MAX_SQL_LENGTH = 1000;
/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-(?<trace>[\da-f]{32})-(?<span>[\da-f]{16})-(?<flags>[\da-f]{2})$/u;

/** Where traces go, and who they are from. */
export interface TracingOptions {
  /** Where OTLP over HTTP is taken: `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  readonly version: string;
  /** Names this server among others. */
  readonly instance: string;
}

/** Traces to an OpenTelemetry collector. Loaded only where one is configured. */
export function openTracing({ endpoint, version, instance }: TracingOptions): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": "pratique-server",
      "service.version": version,
      "service.instance.id": instance,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: endpoint }) })],
  });
  const tracer = provider.getTracer("pratique", version);
  const running = new AsyncLocalStorage<Span>();
  const within = () => {
    const parent = running.getStore();
    return parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
  };
  return {
    begin: (call) => {
      const attributes = { "http.request.method": call.method, "pratique.endpoint": call.name };
      const span = tracer.startSpan(call.name, { kind: SpanKind.SERVER, attributes }, contextOf(call));
      return {
        enter: (next) => running.run(span, next),
        end: (status) => {
          span.setAttribute("http.response.status_code", status);
          if (status >= FIRST_SERVER_ERROR) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    query: ({ sql, durationMs, failed }) => {
      // By itself it would be a trace of one query, of which there are many each second.
      if (running.getStore() === undefined) return;
      const ended = Date.now();
      const [operation = "query"] = sql.trimStart().split(/\s/u, 1);
      const span = tracer.startSpan(
        `store ${operation.toLowerCase()}`,
        {
          kind: SpanKind.CLIENT,
          startTime: ended - durationMs,
          attributes: { "db.query.text": sql.slice(0, MAX_SQL_LENGTH) },
        },
        within(),
      );
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(ended);
    },
    job: async (name, run) => {
      const span = tracer.startSpan(`job ${name}`, { kind: SpanKind.CONSUMER }, ROOT_CONTEXT);
      try {
        await running.run(span, run);
      } catch (thrown) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw thrown;
      } finally {
        span.end();
      }
    },
    close: async () => await provider.shutdown(),
  };
}

/** Goes on with the trace of whoever calls. A header that is none begins a new one. */
function contextOf({ parent }: TracedCall) {
  const groups = typeof parent === "string" ? TRACEPARENT.exec(parent)?.groups : undefined;
  if (groups === undefined) return ROOT_CONTEXT;
  const { trace: traceId = "", span: spanId = "", flags = "" } = groups;
  const traceFlags = Number.parseInt(flags, 16) & 1;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
