import { serveMirror } from "@pratique/advisory";
import { hasCode } from "@pratique/core";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

export interface ServeFlags {
  readonly listen: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** `pratique advisories serve DIRECTORY`: a mirror over HTTP, until the command is ended. */
export async function advisoriesServe(
  { console, untilEnded }: Context,
  directory: string,
  flags: ServeFlags,
): Promise<ExitCode> {
  const { host, port } = parseListen(flags.listen);
  await using server = await listen(directory, {
    host,
    port,
    ...(flags.verbose === true && {
      onAnswer: ({
        method,
        path,
        status,
      }: {
        readonly method: string;
        readonly path: string;
        readonly status: number;
      }) => console.say(`${status} ${printable(method)} ${printable(path.slice(0, 200))}`),
    }),
  });
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const url = `http://${shownHost}:${server.port}`;
  if (flags.json === true) console.print(`${JSON.stringify({ url, directory })}\n`);
  else console.say(`serving ${printable(directory)} at ${url}`);
  await untilEnded();
  return exitCodes.fine;
}

async function listen(...args: Parameters<typeof serveMirror>): ReturnType<typeof serveMirror> {
  try {
    return await serveMirror(...args);
  } catch (cause) {
    if (hasCode(cause, "EADDRINUSE")) {
      throw new CliError("PORT_IN_USE", `port ${args[1].port} is taken`, { cause });
    }
    throw cause;
  }
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<host>[^\s:[\]]+)):(?<port>\d{1,5})$/iu.exec(text)?.groups;
  const host = found?.v6 ?? found?.host;
  const port = Number(found?.port);
  if (host === undefined || port > 65_535) {
    throw new CliError("USAGE", `--listen: expected ADDRESS:PORT, found ${JSON.stringify(text)}`);
  }
  return { host, port };
}
