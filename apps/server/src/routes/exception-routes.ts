import { randomUUID } from "node:crypto";
import { shows, type Visibility } from "@pratique/access";
import {
  createException,
  type ExceptionEntry,
  listExceptions,
  showException,
  withdrawException,
} from "@pratique/api";
import { type ExceptionQuery, type StoredException, seesEverything } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { resourcesOfException } from "../calls/exception-resources.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { pageOf } from "../page-of.ts";

/** Somebody who sees a part of the fleet is shown those of the newest so many that are of that part. */
const MAX_FILTERED = 5_000;
const AT_ONCE = 200;

/** The exceptions that were granted. */
export function bindExceptions(binder: Binder, context: Context): void {
  const { store, work, now } = context;
  const { exceptions } = store.fleet;

  binder.bind(listExceptions, async ({ query, seen }) => {
    const asked = { ...query, now: new Date(now()).toISOString() };
    const page = seesEverything(seen)
      ? await exceptions.list(asked)
      : pageOf(await visibleOf(context, asked, seen), query);
    return { ...page, items: page.items.map((exception) => entryOf(exception, now())) };
  });

  binder.bind(showException, async ({ params }) => {
    const found = await exceptions.find(params.exceptionId);
    if (found === undefined) {
      throw new ServerError("NOT_FOUND", `there is no exception ${JSON.stringify(params.exceptionId)}`);
    }
    return entryOf(found, now());
  });

  binder.bind(
    createException,
    async ({ body, caller, approvedBy }) => {
      const { rules, scope, reason, owner, expiresAt } = body;
      if (Date.parse(expiresAt) <= now()) {
        throw new ServerError("REQUEST_MALFORMED", "the exception would end before it begins", {
          members: { errors: [{ path: "body.expiresAt", message: "must be later than now" }] },
        });
      }
      const granted = await exceptions.add({
        id: `exc-${randomUUID()}`,
        rules,
        scope,
        reason,
        owner,
        expiresAt,
        grantedBy: caller.name,
        approvedBy: approvedBy ?? null,
        grantedAt: new Date(now()).toISOString(),
      });
      work.forget();
      return entryOf(granted, now());
    },
    (body) => resourcesOfException(body.scope, store),
  );

  binder.bind(withdrawException, async ({ params, caller }) => {
    const at = new Date(now()).toISOString();
    const found = await exceptions.withdraw(params.exceptionId, { by: caller.name, at });
    if (found === undefined) {
      throw new ServerError("NOT_FOUND", `there is no exception ${JSON.stringify(params.exceptionId)}`);
    }
    work.forget();
    return entryOf(found, now());
  });
}

/** Where an exception lies is said by patterns, which no query can hold against patterns. */
async function visibleOf(
  { store }: Context,
  query: ExceptionQuery,
  seen: Visibility,
): Promise<readonly StoredException[]> {
  const visible: StoredException[] = [];
  const { cursor: _, ...filter } = query;
  let cursor: string | undefined;
  for (let read = 0; read < MAX_FILTERED; read += AT_ONCE) {
    const page = await store.fleet.exceptions.list({
      ...filter,
      limit: AT_ONCE,
      ...(cursor !== undefined && { cursor }),
    });
    for (const exception of page.items) {
      const resources = await resourcesOfException(exception.scope, store);
      if (resources.every((resource) => shows(seen, resource))) visible.push(exception);
    }
    if (page.nextCursor === null) return visible;
    cursor = page.nextCursor;
  }
  return visible;
}

/** An exception as it is shown. */
export function entryOf(exception: StoredException, now: number): ExceptionEntry {
  const { rules, scope, withdrawnAt, expiresAt, ...rest } = exception;
  const ended = Date.parse(expiresAt) <= now ? "expired" : "active";
  return {
    ...rest,
    state: withdrawnAt === null ? ended : "withdrawn",
    rules: [...rules],
    scope: {
      ...(scope.images !== undefined && { images: [...scope.images] }),
      ...(scope.digests !== undefined && { digests: [...scope.digests] }),
      ...(scope.vulnerabilities !== undefined && { vulnerabilities: [...scope.vulnerabilities] }),
      ...(scope.secrets !== undefined && { secrets: [...scope.secrets] }),
      ...(scope.licenses !== undefined && { licenses: [...scope.licenses] }),
      ...(scope.hosts !== undefined && { hosts: [...scope.hosts] }),
    },
    expiresAt,
    withdrawnAt,
  };
}
