import type { NotificationInput } from "../notification.ts";
import { parseNotification } from "../notification.ts";

/** A notification as a stage would make it, with what a test wants to be different. */
export function inputOf(changes: Partial<NotificationInput> = {}): NotificationInput {
  return {
    id: "n-1",
    kind: "finding.new",
    severity: "high",
    labels: { team: "payments", env: "production" },
    title: "CVE-2026-1 in openssl",
    text: "Update to 3.0.1.",
    subject: { kind: "image", id: "shop:1" },
    link: "https://pratique.example/images/1",
    time: "2026-01-01T00:00:00Z",
    dedupKey: "CVE-2026-1/shop:1",
    ...changes,
  };
}

export function notificationOf(changes: Partial<NotificationInput> = {}) {
  return parseNotification(inputOf(changes));
}
