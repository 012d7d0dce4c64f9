import { z } from "zod";
import { defineChannel } from "../channel.ts";
import { describeMessage } from "../message.ts";
import { post, whereOf } from "../post.ts";
import { httpsUrl, secret, webUrl } from "../setting-forms.ts";
import { signPayload } from "../signature.ts";

const common = {
  /** The key of the signature; shared with the receiver. */
  secret: secret.min(16),
};

const schema = z.union([
  z.strictObject({ ...common, url: httpsUrl }),
  z.strictObject({ ...common, url: webUrl, allowPlainHttp: z.literal(true) }),
]);

/**
 * A POST of JSON to any receiver. Headers: `pratique-delivery` is the same at each try of one message,
 * `pratique-timestamp` and `pratique-signature` prove who sent it, and when.
 */
export const webhook = defineChannel({
  name: "webhook",
  version: 1,
  schema,
  secrets: ["url", "secret"],
  where: ({ url }) => whereOf(url),
  async deliver(message, { settings, effects, signal, met }) {
    const { title, text } = describeMessage(message);
    const body = JSON.stringify({ version: 1, title, text, ...message });
    const timestamp = Math.floor(effects.now() / 1000);
    const headers = {
      "content-type": "application/json",
      "pratique-delivery": message.id,
      "pratique-timestamp": String(timestamp),
      "pratique-signature": signPayload(settings.secret, { timestamp, body }),
    };
    return post({ url: settings.url, body, headers, signal, met }, effects);
  },
});
