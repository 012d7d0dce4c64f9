import type { AgentWork, ContainerReport } from "@pratique/api";
import {
  awaitWork,
  decideProfileItem,
  putContainers,
  putOutcome,
  releaseResponse,
  respondToContainer,
  scanImage,
  setGateMode,
  setProfileMode,
} from "@pratique/api";
import type { ContainerRow, StoredCommand } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { hostOf } from "../calls/agent-host.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { agentCommand } from "../fleet/commands.ts";
import { documentsOf } from "../fleet/host-work.ts";

const MAX_COMMANDS = 100;
/** A command whose outcome was not heard for so long is handed out again. */
const GIVE_AGAIN_MS = 60_000;
/** Without a reason, an exception with its stack would be made at the end of each call. */
const OVER = "nobody waits any more";

/** What agents report of their containers, and what they are given to do. */
export function bindWork(binder: Binder, context: Context): void {
  const { store, now, log } = context;

  binder.bind(putContainers, async ({ body, caller }) => {
    const host = await hostOf(caller, store);
    const takenAt = new Date(now()).toISOString();
    await store.fleet.containers.replace({ host, takenAt, containers: body.containers.map(rowOf) });
    return undefined;
  });

  binder.bind(awaitWork, async ({ query, caller, http }) => {
    const host = await hostOf(caller, store);
    await store.hosts.noteRevisions(host, { policies: query.revision, rules: query.rules });
    // Each agent holds such a call open: one signal for both reasons takes less than a signal of signals.
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(OVER), query.waitSeconds * 1000);
    http?.reply.raw.once("close", () => over.abort(OVER));
    try {
      for (;;) {
        using watch = context.work.watch(host);
        const work = await workFor(context, { host, revision: query.revision, rules: query.rules });
        const isNews = work.policies !== undefined || work.rules !== undefined || work.commands.length > 0;
        if (isNews || query.waitSeconds === 0 || over.signal.aborted) return work;
        await wokenOr(watch.woken, over.signal);
      }
    } finally {
      clearTimeout(timer);
    }
  });

  binder.bind(putOutcome, async ({ params, body, caller }) => {
    const host = await hostOf(caller, store);
    const { commands } = store.fleet;
    const id = params.commandId;
    const command = await commands.find(id);
    if (command?.host !== host) throw new ServerError("NOT_FOUND", `this host was given no command ${id}`);
    // First the record: its host tells it again until it is remembered, and then never more.
    if (await commands.isNews({ id, host, state: body.state })) {
      log.info({ command: id, host, state: body.state }, "a command has an outcome");
      await recordOutcome(context, command, { ...body, host });
    }
    await commands.finish({ id, host, ...body, at: new Date(now()).toISOString() });
    return undefined;
  });
}

interface Asked {
  readonly host: string;
  readonly revision: string;
  readonly rules: string | undefined;
}

async function workFor(context: Context, { host, revision, rules }: Asked): Promise<AgentWork> {
  const { store, work, now } = context;
  const labels = (await store.hosts.labelsOf([host])).get(host) ?? {};
  const wanted = await work.wantedBy({ name: host, labels });
  const at = now();
  const current = new Date(at).toISOString();
  // As with outcomes, first the record: of what is remembered as over, nobody hears again.
  for (const command of await store.fleet.commands.late(host, current)) {
    const { state, detail } = command;
    await recordOutcome(context, command, { state, detail, host });
  }
  const { given } = await store.fleet.commands.take(host, {
    now: current,
    givenBefore: new Date(at - GIVE_AGAIN_MS).toISOString(),
    limit: MAX_COMMANDS,
  });
  const commands = given.map(({ document }) => agentCommand.parse(document));
  const files = wanted.ruleFiles.map(({ name, text }) => ({ name, text }));
  const ruled =
    rules === undefined || rules === wanted.rulesRevision
      ? {}
      : { rules: { revision: wanted.rulesRevision, files } };
  if (wanted.revision === revision) return { revision, ...ruled, commands };
  const identity = await store.fleet.identities.find(host);
  return {
    revision: wanted.revision,
    ...ruled,
    policies: { documents: documentsOf(wanted), labels: { ...identity?.labels } },
    commands,
  };
}

async function wokenOr(woken: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) resolve();
  await Promise.race([woken, promise]);
  signal.removeEventListener("abort", stop);
}

function rowOf(container: ContainerReport): ContainerRow {
  const { id, name, image, imageId, state, startedAt } = container;
  return {
    id,
    name,
    image,
    ...(imageId !== undefined && { imageId }),
    state,
    ...(startedAt !== undefined && { startedAt }),
    document: container,
  };
}

/** The class under which what came of a command is recorded: that of the call which asked for it. */
const classes = {
  respond: respondToContainer.audit,
  "scan-image": scanImage.audit,
  "set-gate-mode": setGateMode.audit,
  "release-response": releaseResponse.audit,
  "set-profile-mode": setProfileMode.audit,
  "decide-profile-item": decideProfileItem.audit,
} as const;

async function recordOutcome(
  { record }: Context,
  { id, document, createdBy }: StoredCommand,
  outcome: { readonly state: string; readonly detail: string; readonly host: string },
): Promise<void> {
  const { kind } = agentCommand.parse(document);
  await record.append({
    class: classes[kind],
    action: `${kind}.${outcome.state}`,
    actor: {
      kind: "agent",
      id: `host:${outcome.host}`,
      name: outcome.host,
      method: "none",
      session: "",
      address: "",
    },
    subject: { kind: "command", id },
    stage: "fact",
    call: null,
    decision: null,
    rule: null,
    outcome: outcome.state,
    data: { command: kind, host: outcome.host, detail: outcome.detail, askedBy: createdBy },
  });
}
