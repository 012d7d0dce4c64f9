import { z } from "zod";
import { type ChannelEffects, parseSettings } from "../channel.ts";
import { classifyFailure } from "../failure.ts";
import { post, whereOf } from "../post.ts";
import { wholeLine } from "../safe-text.ts";
import { httpsUrl, secret } from "../setting-forms.ts";
import { signPayload } from "../signature.ts";
import type { ExportSink } from "./export-sink.ts";

/** The form of the settings. Both are secret. */
export const webhookSinkSchema = z.strictObject({ url: httpsUrl, secret: secret.min(16) });

/**
 * The log as POSTs of lines. Headers name the first and the last sequence number, and sign the body as the
 * web hook channel does; a batch that is sent again may hold more lines than before. Throws `SETTINGS_INVALID`.
 */
export function webhookSink(settings: unknown, effects: ChannelEffects): ExportSink {
  const { url, secret: shared } = parseSettings(webhookSinkSchema, settings, "a web hook export");
  return {
    kind: "webhook",
    async send(lines, signal) {
      const body = lines.map(({ text }) => `${wholeLine(text)}\n`).join("");
      const timestamp = Math.floor(effects.now() / 1000);
      const first = String(lines[0]?.sequence ?? 0);
      const last = String(lines.at(-1)?.sequence ?? 0);
      const headers = {
        "content-type": "application/x-ndjson",
        "pratique-delivery": `${first}-${last}`,
        "pratique-first-sequence": first,
        "pratique-last-sequence": last,
        "pratique-timestamp": String(timestamp),
        "pratique-signature": signPayload(shared, { timestamp, body }),
      };
      try {
        await post({ url, body, headers, signal }, effects);
      } catch (thrown) {
        // Whoever shows the failure must not show the path: it is a secret.
        throw classifyFailure(thrown, whereOf(url), signal);
      }
    },
  };
}
