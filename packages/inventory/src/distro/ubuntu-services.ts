import { parseJson } from "@pratique/core";
/** Where the client of Ubuntu Pro keeps what a root is subscribed to. */
export const UBUNTU_STATUS = "var/lib/ubuntu-advantage/status.json";
export const MAX_STATUS_BYTES = 1024 * 1024;

const MAX_SERVICES = 64;

/**
 * The services of Ubuntu Pro that are enabled, in the order of their names. None where the file is no status: a root
 * that cannot prove its subscription is told of fixes that it may not be able to get, which hides nothing.
 */
export function parseServices(text: string): readonly string[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return [];
  }
  if (!isObject(value) || value.attached !== true || !Array.isArray(value.services)) return [];
  const names = value.services.slice(0, MAX_SERVICES).flatMap((service: unknown) => {
    const isEnabled = isObject(service) && service.status === "enabled";
    return isEnabled && typeof service.name === "string" && isName(service.name) ? [service.name] : [];
  });
  return [...new Set(names)].sort();
}

function isName(text: string): boolean {
  return /^[a-z0-9-]{1,64}$/u.test(text);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
