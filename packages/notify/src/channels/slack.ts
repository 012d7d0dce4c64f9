import { z } from "zod";
import { defineChannel } from "../channel.ts";
import { describeMessage, type Message } from "../message.ts";
import { post, whereOf } from "../post.ts";
import { truncate } from "../safe-text.ts";
import { httpsUrl } from "../setting-forms.ts";

// Slack, "Block Kit", reference of blocks: the longest texts of a header, a section and a field.
const MAX_HEADER_LENGTH = 150;
const MAX_SECTION_LENGTH = 3000;
const MAX_FIELD_LENGTH = 2000;
const MAX_FIELDS = 10;
const WORD_JOINER = "\u2060";

const schema = z.strictObject({ url: httpsUrl });

/** An incoming web hook of Slack. What comes from images and users is shown as plain text, never as markup. */
export const slack = defineChannel({
  name: "slack",
  version: 1,
  schema,
  // Who knows the URL can post: it is the password.
  secrets: ["url"],
  where: ({ url }) => whereOf(url),
  async deliver(message, { settings, effects, signal, met }) {
    const body = JSON.stringify(slackBody(message));
    return post(
      { url: settings.url, body, headers: { "content-type": "application/json" }, signal, met },
      effects,
    );
  },
});

/** The body for Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
function slackBody(message: Message) {
  const { title, text, link } = describeMessage(message);
  const facts = [["severity", message.severity], ["kind", message.kind], ...Object.entries(message.labels)];
  const fields = facts
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => plain(`${name}: ${value}`, MAX_FIELD_LENGTH));
  return {
    // For notifications on telephones; this one is read as markup, hence the escapes.
    text: escapeMarkup(truncate(`${message.severity}: ${title}`, MAX_HEADER_LENGTH)),
    // Names and channels in the text are not turned into mentions, links are not fetched.
    parse: "none",
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: "header", text: plain(title, MAX_HEADER_LENGTH) },
      ...(text === "" ? [] : [{ type: "section", text: plain(text, MAX_SECTION_LENGTH) }]),
      { type: "section", fields },
      ...(link === undefined ? [] : [linkBlock(link)]),
    ],
  };
}

function plain(text: string, maxLength: number) {
  const shown = truncate(disarmMentions(text), maxLength);
  return { type: "plain_text", text: shown === "" ? "-" : shown, emoji: false };
}

/** Our own link: the only markup in the message. `<`, `>` and `|` end it, so they are percent-encoded. */
function linkBlock(link: string) {
  const href =
    URL.parse(link)?.href.replaceAll("|", "%7C").replaceAll("<", "%3C").replaceAll(">", "%3E") ?? "";
  return {
    type: "section",
    text: { type: "mrkdwn", text: `<${href.replaceAll("&", "&amp;")}|Open in Pratique>`, verbatim: true },
  };
}

/** Slack, "Formatting text": these three characters are all that markup is made of. */
function escapeMarkup(text: string): string {
  return disarmMentions(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Old ways of writing to everybody are broken up with a character that nobody sees. */
function disarmMentions(text: string): string {
  return text.replace(/@(?=here|channel|everyone|group)/giu, `@${WORD_JOINER}`);
}
