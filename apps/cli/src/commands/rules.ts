import { askRuntime, readRules } from "@pratique/agent";
import { eventTypes } from "@pratique/core";
import { printable } from "@pratique/report";
import { analyseForKernel, checkRules, type Rule, type RuleSet } from "@pratique/rules";
import { SensorFields } from "@pratique/sensor";
import { z } from "zod";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { loadOwnRules, tellInvalid } from "../runtime/own-rules.ts";

interface JsonFlag {
  readonly json?: boolean;
}

/**
 * `pratique rules check FILE…`: what is wrong with files of rules, and what this host's sensor cannot see of each rule
 * that they make or change. They are read as an agent reads them, after the default rules, whose macros and lists they
 * may use. Ends with 2 where a file cannot be used, and with 3 where a rule cannot work as it is written.
 */
export function rulesCheck(
  { settings, console }: Context,
  files: readonly string[],
  flags: JsonFlag,
): ExitCode {
  const own = loadOwnRules(files, settings.runtime);
  if (own.kind === "invalid") {
    tellInvalid(own, console, flags);
    return exitCodes.refused;
  }
  const { ruleSet, warnings } = own;
  const rules = checkedRules(ruleSet);
  if (flags.json === true) console.print(`${JSON.stringify({ rules, warnings }, undefined, 2)}\n`);
  else {
    for (const { name, supported, reasons, action, kernel } of rules) {
      console.print(`${supported.padEnd(7)}  ${printable(name)}\n`);
      for (const reason of reasons) console.print(`         ${printable(reason)}\n`);
      if (action === undefined || kernel === undefined) continue;
      const how = kernel.decides ? "the kernel can decide it" : `the kernel cannot decide it by itself:`;
      console.print(
        `         ${[`${action}:`, how, kernel.reasons.map(printable).join("; ")].join(" ").trim()}\n`,
      );
    }
  }
  for (const warning of warnings) console.say(`warning: ${printable(warning)}`);
  const full = rules.filter(({ supported }) => supported === "full").length;
  console.say(`${rules.length} rules, ${full} of them work in full`);
  return full === rules.length ? exitCodes.fine : exitCodes.unassessed;
}

/** With what a kernel could do by itself where a rule asks for it. */
function checkedRules(ruleSet: RuleSet) {
  const fields = new SensorFields();
  const support = checkRules(ruleSet, {
    eventTypes: new Set(eventTypes),
    hasField: (name, argument) => fields.reader(name, argument) !== undefined,
  });
  const rules = new Map(ruleSet.rules.map((rule) => [rule.name, rule]));
  return support.map((each) => {
    const rule = rules.get(each.name);
    const action = rule?.action;
    return {
      ...each,
      action,
      kernel: rule !== undefined && asksKernel(action) ? kernelViewOf(rule) : undefined,
    };
  });
}

function asksKernel(action: Rule["action"]): boolean {
  return action === "kill" || action === "deny";
}

function kernelViewOf(rule: Rule): { readonly decides: boolean; readonly reasons: readonly string[] } {
  const analysis = analyseForKernel(rule);
  return { decides: analysis.decidable, reasons: analysis.decidable ? [] : analysis.reasons };
}

const hostRule = z.object({
  rule: z.string(),
  priority: z.string(),
  tags: z.array(z.string()),
  enabled: z.boolean(),
  action: z.string().optional(),
  enforceability: z.string(),
  reasons: z.array(z.string()),
});

/** `pratique rules list`: the rules that are in force here, and what this host can do by each. */
export async function rulesList(context: Context, flags: JsonFlag): Promise<ExitCode> {
  const { settings, console, signal } = context;
  const heard = await rulesInForce(settings.layout.runtimeSocket, signal);
  if (heard === undefined) return listFiles(context, flags);
  if (flags.json === true) {
    console.print(`${JSON.stringify({ running: true, ...heard }, undefined, 2)}\n`);
    return exitCodes.fine;
  }
  for (const { rule, priority, enforceability, tags, reasons } of heard.rules) {
    const techniques = tags.filter((tag) => /^T\d{4}/u.test(tag)).join(" ");
    console.print(
      `${enforceability.padEnd(8)}  ${priority.padEnd(13)}  ${printable(rule).padEnd(58)}  ${techniques}\n`,
    );
    for (const reason of reasons) console.print(`          ${printable(reason)}\n`);
  }
  if (heard.survives.wanted) {
    const { failure } = heard.survives;
    console.say(failure === "" ? "what is prevented goes on without the agent" : printable(failure));
  }
  for (const error of heard.errors) console.say(`not taken: ${printable(error)}`);
  return heard.errors.length === 0 ? exitCodes.fine : exitCodes.unassessed;
}

const inForce = z.object({
  errors: z.array(z.string()),
  rules: z.array(hostRule),
  survives: z.object({ wanted: z.boolean(), failure: z.string() }),
});

/** The rules of a host, with what it does by each. */
export type RulesInForce = z.output<typeof inForce>;

/** What the running agent says of its rules; undefined where none watches here. */
export async function rulesInForce(socket: string, signal: AbortSignal): Promise<RulesInForce | undefined> {
  try {
    for await (const answer of askRuntime(socket, { command: "rules" }, signal)) return inForce.parse(answer);
  } catch {
    // Nobody watches here: what would be in force is told from the files.
  }
  return undefined;
}

function listFiles({ settings, console }: Context, flags: JsonFlag): ExitCode {
  const read = readRules({
    directory: settings.layout.rules,
    builtIn: settings.runtime?.builtInRules ?? true,
    hardened: settings.runtime?.hardened ?? false,
  });
  if (read.kind === "invalid") {
    throw new CliError("RULES_INVALID", printable(read.errors.join("; ")), {
      hint: "pratique rules check FILE",
    });
  }
  const rules = read.ruleSet.rules.map(({ name, priority, tags, enabled, action }) => ({
    rule: name,
    priority,
    tags,
    enabled,
    ...(action !== undefined && { action }),
  }));
  if (flags.json === true) console.print(`${JSON.stringify({ running: false, rules }, undefined, 2)}\n`);
  else {
    for (const { rule, priority, enabled } of rules) {
      console.print(`${enabled ? "on " : "off"}  ${priority.padEnd(13)}  ${printable(rule)}\n`);
    }
    console.say("no agent watches running containers here: these rules would be in force");
  }
  return exitCodes.unassessed;
}
