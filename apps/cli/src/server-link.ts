import { request } from "node:http";
import {
  actOnRegistryLocally,
  createJoinTokenLocally,
  createSignInLink,
  deleteRegistryLocally,
  type Endpoint,
  type ExceptionEntry,
  type FleetStatistics,
  type ImageDetail,
  type ImageFinding,
  type ImageSummary,
  listImageExceptionsLocally,
  listImageFindingsLocally,
  listImagesLocally,
  listRegistriesLocally,
  listRegistryImagesLocally,
  listStatisticsImagesLocally,
  listStatisticsStatesLocally,
  pathOf,
  putRegistryLocally,
  type Registry,
  type ReplyOf,
  showImageLocally,
  showStatisticsLocally,
} from "@pratique/api";
import { type Digest, MiB } from "@pratique/core";
import { z } from "zod";

const TIMEOUT_MS = 30_000;
/** A page of images may have long names. */
const MAX_REPLY_BYTES = 16 * MiB;
const ROWS_AT_ONCE = 200;

const link = z.object({ url: z.string() });
const problem = z.object({ detail: z.string() });

/** What a host has to be told to join, and until when it may. */
const joinToken = z.object({
  token: z.object({ id: z.string(), host: z.string(), expiresAt: z.string() }),
  secret: z.string(),
  command: z.string(),
});

export type NewJoinToken = z.output<typeof joinToken>;

/** Has the server at a socket make a link that signs in, once. Rejects where no server answers. */
export async function newSignInLink(socketPath: string): Promise<string> {
  return link.parse(await callServer(socketPath, createSignInLink)).url;
}

/** Has the server at a socket make a token with which a host can join. Rejects with what the server says against it. */
export async function newJoinToken(
  socketPath: string,
  wanted: z.input<typeof createJoinTokenLocally.body>,
): Promise<NewJoinToken> {
  return joinToken.parse(await callServer(socketPath, createJoinTokenLocally, wanted));
}

/** How the images of the server at a socket stand. Rejects with what the server says against it. */
export async function readStatistics(socketPath: string, days: number): Promise<FleetStatistics> {
  const path = pathOf(showStatisticsLocally, {}, { days });
  return showStatisticsLocally.reply.parse(await callServer(socketPath, { method: "GET", path }));
}

/** The rows that the statistics rest on, page by page. */
export async function* statisticsRows(socketPath: string, kind: "images" | "states"): AsyncGenerator<object> {
  const endpoint = kind === "images" ? listStatisticsImagesLocally : listStatisticsStatesLocally;
  let cursor: string | undefined;
  do {
    const path = pathOf(endpoint, {}, { limit: ROWS_AT_ONCE, cursor });
    const page = endpoint.reply.parse(await callServer(socketPath, { method: "GET", path }));
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** The images of the server at a socket that have some text in their name, their id or their distribution. */
export async function* serverImages(socketPath: string, text: string): AsyncGenerator<ImageSummary> {
  let cursor: string | undefined;
  do {
    const path = pathOf(listImagesLocally, {}, { text, sort: "scanned", limit: ROWS_AT_ONCE, cursor });
    const reply = await callServer(socketPath, { method: "GET", path });
    const page = listImagesLocally.reply.parse(reply);
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** One image as the console shows it. */
export interface ShownImage {
  readonly detail: ImageDetail;
  /** All of them, the most urgent first. */
  readonly findings: readonly ImageFinding[];
  /** Those that are in force for it. */
  readonly exceptions: readonly ExceptionEntry[];
}

/** Reads an image of the server at a socket. Rejects where there is none. */
export async function serverImage(socketPath: string, imageId: Digest): Promise<ShownImage> {
  const read = (path: string) => callServer(socketPath, { method: "GET", path });
  const detail = showImageLocally.reply.parse(await read(pathOf(showImageLocally, { imageId })));
  const granted = await read(pathOf(listImageExceptionsLocally, { imageId }));
  const { items: exceptions } = listImageExceptionsLocally.reply.parse(granted);
  const findings: ImageFinding[] = [];
  let cursor: string | undefined;
  do {
    const path = pathOf(listImageFindingsLocally, { imageId }, { limit: ROWS_AT_ONCE, cursor });
    const page = listImageFindingsLocally.reply.parse(await read(path));
    findings.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { detail, findings, exceptions };
}

/** The registries that the server at a socket scans. */
export async function serverRegistries(socketPath: string): Promise<readonly Registry[]> {
  return listRegistriesLocally.reply.parse(await callServer(socketPath, listRegistriesLocally)).items;
}

/** Makes or changes a registry of the server at a socket. Rejects with what the server says against it. */
export async function putServerRegistry(
  socketPath: string,
  registry: string,
  body: object,
): Promise<Registry> {
  const path = pathOf(putRegistryLocally, { registry });
  return putRegistryLocally.reply.parse(await callServer(socketPath, { method: "PUT", path }, body));
}

/** Removes a registry of the server at a socket. Rejects where there is none. */
export async function removeRegistry(socketPath: string, registry: string): Promise<void> {
  const path = pathOf(deleteRegistryLocally, { registry });
  await callServer(socketPath, { method: "DELETE", path });
}

/** Does something with a registry of the server at a socket. Rejects where there is none. */
export async function actOnRegistry(
  socketPath: string,
  registryId: string,
  act: "pause" | "resume" | "retry",
): Promise<Registry> {
  const path = pathOf(actOnRegistryLocally, { registryId, act });
  return actOnRegistryLocally.reply.parse(await callServer(socketPath, { method: "POST", path }));
}

/** Images of a registry that could not be scanned, at most `limit`, and how many those are in all. */
export async function registryFailures(
  socketPath: string,
  registry: string,
  limit: number,
): Promise<ReplyOf<typeof listRegistryImagesLocally>> {
  const path = pathOf(listRegistryImagesLocally, {}, { registry, state: "failed", limit });
  const reply = await callServer(socketPath, { method: "GET", path });
  return listRegistryImagesLocally.reply.parse(reply);
}

function callServer(
  socketPath: string,
  { path, method }: Pick<Endpoint, "path" | "method">,
  body?: unknown,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const sent = body === undefined ? "" : JSON.stringify(body);
  const headers =
    body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) };
  const call = request({ socketPath, path, method, headers, timeout: TIMEOUT_MS }, (response) => {
    response.setEncoding("utf8");
    let text = "";
    response.on("data", (piece: string) => {
      text += piece;
      if (text.length > MAX_REPLY_BYTES) response.destroy(new Error("the reply is too long"));
    });
    response.on("error", reject);
    response.on("end", () => {
      if (response.statusCode === 200 || response.statusCode === 204) resolve(jsonIn(text));
      else reject(new Error(detailIn(text) ?? `the server answered ${response.statusCode}`));
    });
  });
  call.on("error", reject);
  call.on("timeout", () => call.destroy(new Error("the server does not answer")));
  call.end(sent);
  return promise;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not our server: what is expected of it will not be found.
    return undefined;
  }
}

function detailIn(text: string): string | undefined {
  return problem.safeParse(jsonIn(text)).data?.detail;
}
