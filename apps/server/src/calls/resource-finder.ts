import type { Endpoint } from "@pratique/api";
import type { Resource } from "@pratique/core";
import { ServerError } from "../errors.ts";

/** What a call acts upon: its name for people and for the record, and where in the fleet it lies. */
export interface Subject {
  readonly kind: string;
  readonly id: string;
  /** Every one of them must be covered for the call to be allowed. */
  readonly resources: readonly Resource[];
}

/** Where things lie. A method gives undefined for what there is not. */
export interface ResourceIndex {
  host(name: string): Promise<Resource | undefined>;
  image(imageId: string): Promise<Resource | undefined>;
  container(containerId: string): Promise<Resource | undefined>;
  launch(launchId: string): Promise<Resource | undefined>;
  detection(detectionId: string): Promise<Resource | undefined>;
  exception(exceptionId: string): Promise<readonly Resource[] | undefined>;
  registry(registryId: string): Promise<Resource | undefined>;
  approval(approvalId: string): Promise<readonly Resource[] | undefined>;
}

/** The parameter by which a path names what a call acts upon. */
const parameters = {
  host: "host",
  image: "imageId",
  container: "containerId",
  launch: "launchId",
  detection: "detectionId",
  exception: "exceptionId",
  registry: "registryId",
  approval: "approvalId",
} as const;

/** Finds what a call acts upon. Throws `NOT_FOUND`. */
export async function findSubject(
  endpoint: Endpoint,
  params: Readonly<Record<string, string>>,
  index: ResourceIndex,
): Promise<Subject> {
  const { on } = endpoint;
  if (on === "installation" || on === "list" || on === "self" || on === "body") {
    const [id = ""] = Object.values(params);
    return { kind: on, id, resources: [{}] };
  }
  const id = params[parameters[on]] ?? "";
  const found = await index[on](id);
  if (found === undefined) throw new ServerError("NOT_FOUND", `there is no ${on} ${JSON.stringify(id)}`);
  return { kind: on, id, resources: isList(found) ? found : [found] };
}

function isList(found: Resource | readonly Resource[]): found is readonly Resource[] {
  return Array.isArray(found);
}
