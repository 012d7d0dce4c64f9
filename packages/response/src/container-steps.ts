import type { JsonObject } from "@pratique/core";
import type { Check, CheckAnswer, Scene, Step } from "./responders/responder.ts";

const MAX_NAMED = 5;

export function pauseContainer({ host, container, view }: Scene): Step {
  return {
    name: "pause",
    essential: true,
    run: async (signal) => {
      if (!view.running) return "the container does not run";
      await host.control.pause(container, signal);
      return "paused";
    },
  };
}

export function unpauseContainer({ host, container, view }: Scene): Step {
  return {
    name: "unpause",
    run: async (signal) => {
      if (!view.paused) return "it is not paused";
      await host.control.unpause(container, signal);
      return "unpaused";
    },
  };
}

/** Otherwise an engine that is restarted would bring it back. */
export function holdDown({ host, container, view }: Scene): Step {
  return {
    name: "hold-down",
    run: async (signal) => {
      if (!restartsByItself(view.restartPolicy.name)) return "it does not restart by itself";
      await host.control.setRestartPolicy(container, { name: "no", maximumRetries: 0 }, signal);
      return `does not restart any more, as ${view.restartPolicy.name} would have it`;
    },
  };
}

export function letRestart({ host, container, view }: Scene, plan: JsonObject): Step {
  return {
    name: "let-restart",
    run: async (signal) => {
      const { restart, restartRetries } = plan;
      if (typeof restart !== "string" || !restartsByItself(restart)) return "it did not restart by itself";
      if (view.restartPolicy.name === restart) return `restarts as ${restart} has it already`;
      const maximumRetries = typeof restartRetries === "number" ? restartRetries : 0;
      await host.control.setRestartPolicy(container, { name: restart, maximumRetries }, signal);
      return `restarts as ${restart} has it`;
    },
  };
}

export function startAgain({ host, container, view }: Scene, plan: JsonObject): Step {
  return {
    name: "start",
    run: async (signal) => {
      if (plan.wasRunning !== true) return "it did not run before";
      if (view.running) return "it runs";
      await host.control.start(container, signal);
      return "started";
    },
  };
}

/** What undoing needs to know of a container as it was. */
export function planOf({ view }: Scene): JsonObject {
  return {
    wasRunning: view.running,
    wasPaused: view.paused,
    restart: view.restartPolicy.name,
    restartRetries: view.restartPolicy.maximumRetries,
  };
}

/** The engine says that it is paused, and the kernel that it is frozen. */
export function frozenChecks(scene: Scene): readonly Check[] {
  return [
    { name: "engine-state", decides: true, run: (signal) => isPaused(scene, signal) },
    { name: "freezer", decides: false, run: () => isFrozen(scene) },
  ];
}

/** The engine says that it does not run, and no process of it is left. */
export function deadChecks(scene: Scene): readonly Check[] {
  return [
    { name: "engine-state", decides: true, run: (signal) => isDown(scene, signal) },
    { name: "processes", decides: true, run: (signal) => noProcessLeft(scene, signal) },
  ];
}

async function isPaused({ host, container }: Scene, signal: AbortSignal): Promise<CheckAnswer> {
  const now = await host.control.look(container, signal);
  if (now === undefined || !now.running) return { outcome: "holds", detail: "it does not run" };
  return { outcome: now.paused ? "holds" : "fails", detail: now.paused ? "paused" : "running" };
}

async function isFrozen({ host, view }: Scene): Promise<CheckAnswer> {
  if (view.pid === 0) return { outcome: "holds", detail: "it does not run" };
  switch (await host.kernel.frozen(view.pid)) {
    case true:
      return { outcome: "holds", detail: "its control group is frozen" };
    case false:
      return { outcome: "fails", detail: "its control group is not frozen" };
    case undefined:
      return { outcome: "unknown", detail: "its control group cannot be seen" };
  }
}

async function isDown({ host, container }: Scene, signal: AbortSignal): Promise<CheckAnswer> {
  const now = await host.control.look(container, signal);
  if (now === undefined) return { outcome: "holds", detail: "it is gone" };
  return { outcome: now.running ? "fails" : "holds", detail: now.running ? "running" : "does not run" };
}

async function noProcessLeft({ host, container }: Scene, signal: AbortSignal): Promise<CheckAnswer> {
  const left = await host.kernel.processes(container, signal);
  if (left.length === 0) return { outcome: "holds", detail: "no process is left" };
  return {
    outcome: "fails",
    detail: `${left.length} processes left: ${left.slice(0, MAX_NAMED).join(", ")}`,
  };
}

function restartsByItself(name: string): boolean {
  return name !== "" && name !== "no";
}
