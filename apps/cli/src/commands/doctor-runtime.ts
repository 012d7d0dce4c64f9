import { askRuntime, countPinned, pinnedDirectory, pinsOf } from "@pratique/agent";
import { z } from "zod";
import type { Context } from "../context.ts";
import type { Finding } from "./doctor-finding.ts";
import { type RulesInForce, rulesInForce } from "./rules.ts";

/** What this host does by one rule. */
interface HostRule {
  readonly rule: string;
  readonly enforceability: string;
  readonly reasons: readonly string[];
}

interface RuntimeExamination {
  readonly findings: readonly Finding[];
  /** Absent where nobody watches. */
  readonly rules?: readonly HostRule[];
}

const watchStatus = z.object({
  state: z.string(),
  detail: z.string(),
  primitives: z.array(z.object({ name: z.string(), state: z.string(), detail: z.string() })),
});

/** Looks at who watches what runs, by what of the kernel, and what is done by each rule. */
export async function examineRuntime(context: Context): Promise<RuntimeExamination> {
  const { settings, signal } = context;
  const heard = await rulesInForce(settings.layout.runtimeSocket, signal);
  const survives = survival(context, heard);
  if (settings.runtime === undefined) {
    return { findings: [{ what: "watch", state: "ok", detail: "off, as runtime.mode says" }, ...survives] };
  }
  if (heard === undefined) {
    const detail = "nobody watches running containers";
    return { findings: [{ what: "watch", state: "warn", detail, fix: "sudo pratique up" }, ...survives] };
  }
  const rules = heard.rules.map(({ rule, enforceability, reasons }) => ({ rule, enforceability, reasons }));
  return { findings: [await watch(context), rulesOf(heard), ...survives], rules };
}

/** What the sensor found out by loading its programs. */
async function watch({ settings, signal }: Context): Promise<Finding> {
  const what = "watch";
  try {
    for await (const answer of askRuntime(settings.layout.runtimeSocket, { command: "status" }, signal)) {
      const { state, detail, primitives } = watchStatus.parse(answer);
      if (state !== "running") {
        return {
          what,
          state: "warn",
          detail: `${state}: ${detail}`,
          fix: "see what the agent says in its log",
        };
      }
      const missing = primitives.filter((primitive) => primitive.state !== "on");
      const named = missing.map(({ name, detail: reason }) => (reason === "" ? name : `${name} (${reason})`));
      return missing.length === 0
        ? { what, state: "ok", detail: `the kernel takes all ${primitives.length} parts of the sensor` }
        : {
            what,
            state: "warn",
            detail: `of ${primitives.length} parts of the sensor the kernel does not take ${named.join(", ")}`,
            fix: "pratique rules list says what each rule can do without",
          };
    }
  } catch {
    // It has ended meanwhile.
  }
  return { what, state: "warn", detail: "nobody watches running containers", fix: "sudo pratique up" };
}

const enforced = [
  ["prevents", "prevent"],
  ["kills", "kill"],
  ["detects", "detect"],
  ["off", "off"],
] as const;

function rulesOf({ rules, errors }: RulesInForce): Finding {
  const what = "rules";
  const counted = enforced.map(
    ([done, word]) => `${rules.filter(({ enforceability }) => enforceability === done).length} ${word}`,
  );
  const detail = `${rules.length} in force: ${counted.join(", ")}`;
  const [error] = errors;
  if (error === undefined) return { what, state: "ok", detail };
  return { what, state: "warn", detail: `${detail}; not taken: ${error}`, fix: "pratique rules check FILE" };
}

/** Whether the kernel goes on preventing without the agent; nothing where nobody wants it, and it does not. */
function survival({ settings }: Context, heard: RulesInForce | undefined): readonly Finding[] {
  const what = "prevention";
  const pins = pinsOf(settings.layout.data);
  const pinned = countPinned(pins);
  const wanted = settings.runtime?.survive ?? false;
  if (!wanted && pinned === 0) return [];
  if (heard === undefined && pinned > 0) {
    const detail = `nobody watches, and what was pinned at ${pinnedDirectory(pins)} still prevents`;
    return [{ what, state: "warn", detail, fix: "pratique up, or sudo pratique runtime clear" }];
  }
  if (heard === undefined) return [];
  if (heard.survives.failure !== "") {
    const fix = "mount bpf at /sys/fs/bpf where the agent runs, or set runtime.survive to false";
    return [{ what, state: "fail", detail: heard.survives.failure, fix }];
  }
  return [{ what, state: "ok", detail: `goes on without the agent: pinned at ${pinnedDirectory(pins)}` }];
}
