import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { CommandHome } from "./command.ts";
import { until } from "./until.ts";

const READY_DEADLINE_MS = 60_000;
const CALL_DEADLINE_MS = 60_000;

/** A reply, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; empty where it is none. */
  readonly json: Record<string, unknown>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** `pratique server` as its users start it, with directories of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly #home: CommandHome;
  readonly #name: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #said = "";
  #url = "";

  constructor(home: CommandHome, name: string, environment: Readonly<Record<string, string>> = {}) {
    this.#home = home;
    this.#name = name;
    this.#environment = {
      PRATIQUE_DATA: home.at(name, "data"),
      PRATIQUE_RUN: home.at(name, "run"),
      PRATIQUE_LISTEN: "127.0.0.1:0",
      ...environment,
    };
  }

  get url(): string {
    return this.#url;
  }

  /** Everything that it has written to standard output and standard error. */
  get said(): string {
    return this.#said;
  }

  get data(): string {
    return this.#home.at(this.#name, "data");
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<this> {
    const [program, words] = this.#home.commandLine(["server", "--json"]);
    const environment = { ...this.#home.environment, ...this.#environment };
    const child = spawn(program, words, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      this.#said += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
    });
    await until("the server listens", READY_DEADLINE_MS, () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the server ended: ${this.#said}`);
      }
      return printed.includes("\n");
    });
    this.#url = JSON.parse(printed.split("\n", 1)[0] ?? "").url;
    return this;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  /** Runs another command with the same settings. */
  async command(args: readonly string[]) {
    return await this.#home.run(args, { environment: this.#environment });
  }

  async call(path: string, options: CallOptions = {}): Promise<Reply> {
    const { hostname, port } = new URL(this.#url);
    return await send(httpsRequest, { hostname, port, path, rejectUnauthorized: false }, options);
  }

  /** As the agent of the server's own machine does. */
  async agent(path: string, options: CallOptions = {}): Promise<Reply> {
    return await send(
      httpRequest,
      { socketPath: this.#home.at(this.#name, "run", "server.sock"), path },
      options,
    );
  }

  /** The console's API as somebody who is signed in. */
  async api(
    cookie: string,
    method: string,
    path: string,
    options: Omit<CallOptions, "method"> = {},
  ): Promise<Reply> {
    const headers = { origin: this.#url, cookie, ...options.headers };
    return await this.call(`/api/v1${path}`, { ...options, method, headers });
  }

  /** Signs in by a link, sets the password, and gives the cookie. */
  async signInBy(link: string, password: string): Promise<string> {
    const body = { token: new URL(link).hash.slice(1) };
    const reply = await this.call("/api/v1/session", {
      method: "POST",
      headers: { origin: this.#url },
      body,
    });
    const cookie = cookieIn(reply);
    const set = await this.api(cookie, "PUT", "/session/password", { body: { next: password } });
    if (set.status >= 300) throw new Error(`no password can be set: ${set.text}`);
    return cookie;
  }

  /** Signs in as the first administrator. */
  async signIn(password: string): Promise<string> {
    const { stdout } = await this.command(["server", "link", "--json"]);
    return await this.signInBy(JSON.parse(stdout).url, password);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

/** The cookie that a reply has the browser keep. */
function cookieIn({ headers }: Reply): string {
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

async function send(
  open: (
    options: RequestOptions & { readonly rejectUnauthorized?: boolean },
  ) => ReturnType<typeof httpRequest>,
  target: RequestOptions & { readonly rejectUnauthorized?: boolean },
  { method = "GET", headers = {}, body }: CallOptions,
): Promise<Reply> {
  return await new Promise((resolve, reject) => {
    const isJson = body !== undefined && typeof body !== "string";
    const outgoing = open({
      ...target,
      method,
      agent: false,
      signal: AbortSignal.timeout(CALL_DEADLINE_MS),
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    });
    outgoing.once("error", reject);
    outgoing.once("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      incoming.once("error", reject);
      incoming.once("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: jsonIn(text) }),
      );
    });
    outgoing.end(isJson ? JSON.stringify(body) : body);
  });
}

function jsonIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    // A page or an empty body: the test looks at the text.
    return {};
  }
}
