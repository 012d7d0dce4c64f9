import type { Command } from "commander";
import { collect, command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const runtime: CommandGroup = { name: "runtime", add };

function add(program: Command, run: Runner): void {
  const runtime = program.command("runtime").description("what goes on in running containers");
  command(runtime, "top", "processes, connections and files of each container, live", [
    "sudo pratique runtime top",
  ])
    .option("--sort <column>", "cpu, processes, execs, opens, connects, flows or name", "cpu")
    .option("--once", "looks once and ends")
    .option("--json", "one look as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/runtime.ts")).runtimeTop(context, flags)),
    );
  command(runtime, "events [condition]", "events as they happen, those that a condition of a rule fits", [
    "sudo pratique runtime events --container web",
    "sudo pratique runtime events evt.type=execve",
    "sudo pratique runtime events evt.type=connect --format '%container.name %proc.cmdline %fd.name'",
  ])
    .option("--container <name>", "of this container alone")
    .option("--count <number>", "ends after so many")
    .option("--format <text>", "what is said of each, with fields as the outputs of rules have them")
    .option("--json", "one JSON object a line")
    .action((condition, flags) =>
      run(flags, async (context) =>
        (await import("../commands/runtime.ts")).runtimeEvents(context, condition, flags),
      ),
    );
  command(
    runtime,
    "capture [container]",
    "what a container did last, from memory: its events, or its packets",
    [
      "sudo pratique runtime capture web --last 30s",
      "sudo pratique runtime capture web --format pcap --output web.pcap",
      "sudo pratique runtime capture --list",
    ],
  )
    .option("--format <format>", "jsonl: events, one JSON object a line; pcap: packets", "jsonl")
    .option("--output <file>", "a file instead of standard output, for its owner alone")
    .option("--last <time>", "30s or 1m, where less is wanted than is kept")
    .option("--list", "what was saved when something was detected, and where it lies")
    .option("--json", "with --list as JSON; else the same as --format jsonl")
    .action((container, flags) =>
      run(flags, async (context) =>
        (await import("../commands/runtime-capture.ts")).runtimeCapture(context, container, flags),
      ),
    );
  command(runtime, "record", "all that the sensor tells, in a file on which rules can be tested", [
    "sudo pratique runtime record --output shop.rec --for 5m",
    "sudo pratique runtime record --output shop.rec --rules shop.yaml",
  ])
    .requiredOption("--output <file>", "where it goes, for its owner alone")
    .option("--for <time>", "90s or 10m", "60s")
    .option("--rules <files...>", "with what these rules ask for, and those in force do not")
    .option("--json", "what became of it, as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/runtime-record.ts")).runtimeRecord(context, flags),
      ),
    );
  command(runtime, "clear", "ends what the kernel goes on preventing without the agent", [
    "sudo pratique runtime clear",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/runtime-clear.ts")).runtimeClear(context, flags),
      ),
    );
  addRuntimeActs(runtime, run);
}

function addRuntimeActs(runtime: Command, run: Runner): void {
  const acts = async () => await import("../commands/runtime-acts.ts");
  command(runtime, "acts", "what is in force about containers, and what waits for a person", [
    "sudo pratique runtime acts",
  ])
    .option("--json", "as JSON")
    .action((flags) => run(flags, async (context) => (await acts()).runtimeActs(context, flags)));
  command(runtime, "respond <container>", "acts on a container, as the agent does by itself", [
    "sudo pratique runtime respond web --action quarantine --reason 'it mines'",
    "sudo pratique runtime respond web --action cut --peer 203.0.113.7 --for 1h --reason 'calls home'",
  ])
    .requiredOption("--action <action>", "cut, pause, stop, kill or quarantine")
    .requiredOption("--reason <text>", "why, for the record")
    .option("--for <time>", "15m, 1h or 7d; until somebody releases it unless given")
    .option("--peer <address>", "cut: from this one alone; may be repeated", collect, [])
    .option("--json", "what came of it, as JSON")
    .action((container, flags) =>
      run(flags, async (context) => (await acts()).runtimeRespond(context, container, flags)),
    );
  command(runtime, "release <container>", "undoes what is in force about a container", [
    "sudo pratique runtime release web",
  ])
    .option("--act <id>", "this one alone")
    .option("--json", "as JSON")
    .action((container, flags) =>
      run(flags, async (context) => (await acts()).runtimeRelease(context, container, flags)),
    );
  command(runtime, "confirm <what>", "what is held, or has tripped, is right and acts from now on", [
    "sudo pratique runtime confirm 203.0.113.7",
  ])
    .option("--json", "as JSON")
    .action((what, flags) =>
      run(flags, async (context) => (await acts()).runtimeConfirm(context, what, flags)),
    );
}
