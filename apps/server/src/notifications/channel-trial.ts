import type { ReplyOf, testChannel } from "@pratique/api";
import type { ChannelTest, NotifyErrorCode } from "@pratique/notify";

type Trial = ReplyOf<typeof testChannel>;
type Step = Trial["steps"][number];
type Peer = Extract<ChannelTest, { ok: true }>["receipt"]["peer"];

/** At which step each failure happens; `deliver` where it is not said. */
const failedAt: Readonly<Partial<Record<NotifyErrorCode, string>>> = {
  SETTINGS_INVALID: "settings",
  ADDRESS_FORBIDDEN: "connect",
  CHANNEL_UNREACHABLE: "connect",
  CHANNEL_UNTRUSTED: "identity",
};
const steps: readonly string[] = ["settings", "connect", "identity", "deliver"];
const MAX_DETAIL = 1000;

/** What a trial of a channel showed, step by step: nothing is claimed that was not seen. */
export function describeTrial(test: ChannelTest): Trial {
  const settings: Step = { step: "settings", ok: true, detail: "in their form" };
  if (test.ok) {
    const { peer, status, answer } = test.receipt;
    const answered = `${status === undefined ? "" : `${status} `}${answer}`.trim();
    const delivered: Step = {
      step: "deliver",
      ok: true,
      detail: shown(answered || "accepted without a word"),
    };
    return { delivered: true, steps: [settings, ...metSteps(peer), delivered] };
  }
  const { code, message, remoteText, peer } = test.error;
  const at = failedAt[code] ?? "deliver";
  const said =
    remoteText === undefined || message.includes(remoteText) ? "" : `; the other end said: ${remoteText}`;
  const failed: Step = { step: at, ok: false, detail: shown(`${code}: ${message}${said}`) };
  const before = at === "settings" ? [] : [settings, ...metSteps(peer)];
  const place = (step: string) => steps.indexOf(step);
  return { delivered: false, steps: [...before.filter(({ step }) => place(step) < place(at)), failed] };
}

/** What the settings of a channel are wrong in, before anything was tried. */
export function describeUnopened(message: string): Trial {
  return { delivered: false, steps: [{ step: "settings", ok: false, detail: shown(message) }] };
}

function metSteps(peer: Peer): Step[] {
  if (peer === undefined) return [];
  const { host, address, port, tls } = peer;
  const connect: Step = {
    step: "connect",
    ok: true,
    detail: `connected to ${host} at ${address}, port ${port}`,
  };
  if (tls === undefined) {
    return [
      connect,
      { step: "identity", ok: true, detail: "none was asked for: the connection is not encrypted" },
    ];
  }
  const detail = `${tls.protocol}, ${tls.subject}, issued by ${tls.issuer}, good until ${tls.validTo}`;
  return [connect, { step: "identity", ok: true, detail: shown(detail) }];
}

function shown(text: string): string {
  return text.slice(0, MAX_DETAIL);
}
