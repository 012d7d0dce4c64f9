import { performance } from "node:perf_hooks";
import process from "node:process";
import { FlightRecorder } from "../../apps/agent/src/runtime/recorder/flight-recorder.ts";
import { RuntimeWatch } from "../../apps/agent/src/runtime/runtime-watch.ts";
import { AuditLog } from "../../packages/audit/src/index.ts";
import { Engine, parseEngineAddress } from "../../packages/engine/src/index.ts";
import { builtinRuleFiles, loadRules } from "../../packages/rules/src/index.ts";
import {
  EngineDetails,
  type MessageBody,
  type RecordSource,
  SensorProcess,
  SystemBootClock,
} from "../../packages/sensor/src/index.ts";

// What watches, in a process of its own: `sensor-cost-host.ts MODE BINARY ENGINE DIRECTORY`. It says in a line when
// it watches and ends with its standard input. The mode `native` leaves out everything but the native sensor, which
// is told the same and read by nobody.
const [mode = "", binary = "", host = "", directory = ""] = process.argv.slice(2);
const log = { info: () => undefined, warn: (fields: object, text: string) => console.error(text, fields) };
const native = new SensorProcess({ binary, log });
const audit = new AuditLog({ directory, now: () => new Date() });
const loaded = loadRules(builtinRuleFiles);
if (loaded.kind === "invalid") throw new Error("the default rules are invalid");
const { ruleSet } = loaded;

/** A source that is ready and tells nothing. */
const silent: RecordSource = {
  isLive: false,
  async start(listener) {
    listener.onMessage({ kind: "event", event: "ready", body: {} });
  },
  stop: async () => undefined,
};

function watchOver(
  source: RecordSource,
  command: (name: string, fields?: MessageBody) => Promise<MessageBody>,
) {
  return new RuntimeWatch({
    source,
    commands: { command },
    details: new EngineDetails({ engine: new Engine({ address: parseEngineAddress(host) }) }),
    hostName: "bench",
    audit,
    recorder: new FlightRecorder({ clock: new SystemBootClock() }),
    newId: () => String(performance.now()),
    now: Date.now,
    elapsedMs: () => performance.now(),
    log,
  });
}

/** What the whole would tell the native sensor. */
async function settings(): Promise<MessageBody> {
  let last: MessageBody = {};
  const watch = watchOver(silent, async (name, fields = {}) => {
    if (name === "configure") last = fields;
    return {};
  });
  await watch.setRules(ruleSet);
  await watch.start();
  return last;
}

async function startNativeAlone(): Promise<() => Promise<void>> {
  const seeded = Promise.withResolvers<void>();
  await native.start({
    onRecords: () => undefined,
    onMessage: (message) => {
      if (message.kind === "event" && message.event === "seeded") seeded.resolve();
    },
    onBegin: () => undefined,
    onEnd: () => undefined,
  });
  await native.command("configure", await settings());
  await seeded.promise;
  return () => native.stop();
}

async function startWhole(): Promise<() => Promise<void>> {
  const watch = watchOver(native, (name, fields) => native.command(name, fields));
  await watch.setRules(ruleSet);
  await watch.start();
  return () => watch.stop();
}

const stop = await (mode === "native" ? startNativeAlone() : startWhole());
process.stdout.write(`${JSON.stringify({ native: native.counters.pid })}\n`);
process.stdin.resume().once("end", () => void stop().finally(() => process.exit(0)));
