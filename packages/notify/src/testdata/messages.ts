import type { Message } from "../message.ts";

/** A message about one thing, with what a test wants to be different. */
export function messageOf(
  item: Partial<Message["items"][number]> = {},
  message: Partial<Message> = {},
): Message {
  const time = "2026-01-01T00:00:00.000Z";
  return {
    id: "delivery-1",
    route: "default",
    kind: "launch.denied",
    severity: "critical",
    count: 1,
    bySeverity: { critical: 1 },
    labels: { team: "payments" },
    items: [
      {
        severity: "critical",
        title: "Launch of shop denied",
        text: "It runs as root.",
        subject: { kind: "container", id: "shop" },
        link: "https://pratique.example/launches/1",
        time,
        ...item,
      },
    ],
    time,
    ...message,
  };
}

/** What an attacker would put into the name of an image. */
export const hostileText =
  "a\r\nBcc: victim@example.org\n\u001b[2J<!here> <!channel|x> @here @channel <https://evil.example|click> [click](https://evil.example) <at>all</at> {{DATE(2026-01-01T00:00:00Z, SHORT)}} & ] \" \\ \u202egnp.exe \u2028 \u0000";
