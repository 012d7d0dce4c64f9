import type { FastifyInstance, FastifyRequest } from "fastify";
import { Metrics } from "./metrics.ts";
import type { RunningCall, Tracing } from "./tracing.ts";

/** What a query of the store was, after it. */
export interface ObservedQuery {
  readonly sql: string;
  readonly durationMs: number;
  readonly failed: boolean;
}

/** Hears of calls, queries and jobs: counts them, and traces them where that is configured. */
export class Telemetry implements AsyncDisposable {
  readonly metrics = new Metrics();
  readonly #tracing: Tracing | undefined;

  constructor(tracing: Tracing | undefined) {
    this.#tracing = tracing;
  }

  /** Observes every call of an app whose routes say in their configuration which endpoint they are. */
  observe(app: FastifyInstance): void {
    const tracing = this.#tracing;
    const running = new WeakMap<FastifyRequest, RunningCall>();
    if (tracing !== undefined) {
      app.addHook("onRequest", (request, _reply, done) => {
        const { method, headers } = request;
        const call = tracing.begin({ name: endpointOf(request), method, parent: headers.traceparent });
        running.set(request, call);
        call.enter(done);
      });
    }
    app.addHook("onResponse", async (request, reply) => {
      this.metrics.call(endpointOf(request), reply.statusCode, reply.elapsedTime / 1000);
      running.get(request)?.end(reply.statusCode);
    });
  }

  query({ sql, durationMs, failed }: ObservedQuery): void {
    this.metrics.query(failed, durationMs / 1000);
    this.#tracing?.query({ sql, durationMs, failed });
  }

  /** Runs a job as a span of its own. */
  async job(name: string, run: () => Promise<void>): Promise<void> {
    const started = performance.now();
    const done = (failed: boolean) => this.metrics.job(name, failed, (performance.now() - started) / 1000);
    try {
      await (this.#tracing === undefined ? run() : this.#tracing.job(name, run));
    } catch (thrown) {
      done(true);
      throw thrown;
    }
    done(false);
  }

  /** Sends what has not been sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tracing?.close();
  }
}

/** Paths that nobody bound have one name: a stranger must not fill the metrics with theirs. */
function endpointOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.config?.endpoint ?? "unknown";
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The id of the endpoint that a route answers. */
    readonly endpoint?: string;
  }
}
