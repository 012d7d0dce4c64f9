import { z } from "zod";
import { defineChannel } from "../channel.ts";
import { describeMessage, type Message } from "../message.ts";
import { post, whereOf } from "../post.ts";
import { truncate } from "../safe-text.ts";
import { httpsUrl } from "../setting-forms.ts";

// Teams refuses messages above 28 KB; each character may take three bytes, and six as an escape in JSON.
const MAX_TITLE_LENGTH = 250;
const MAX_TEXT_LENGTH = 3000;
const MAX_LABELS = 10;
const MAX_LABEL_LENGTH = 120;
const ACCEPTED = "taken by the workflow, which does not say whether it shows it";
const WORD_JOINER = "\u2060";

const schema = z.strictObject({ url: httpsUrl });

/** A web hook of Teams' Workflows. It answers 202 when it has taken the card; whether it is shown it never says. */
export const teams = defineChannel({
  name: "teams",
  version: 1,
  schema,
  // The signature in the URL's query is the password.
  secrets: ["url"],
  where: ({ url }) => whereOf(url),
  async deliver(message, { settings, effects, signal, met }) {
    const body = JSON.stringify(teamsBody(message));
    const delivered = await post(
      { url: settings.url, body, headers: { "content-type": "application/json" }, signal, met },
      effects,
    );
    // An empty answer would look like more than it is.
    return delivered.answer === "" ? { ...delivered, answer: ACCEPTED } : delivered;
  },
});

/** The body for a workflow: one Adaptive Card 1.5. Text runs know no Markdown, unlike text blocks. */
function teamsBody(message: Message) {
  const { title, text, link } = describeMessage(message);
  const labels = Object.entries(message.labels).slice(0, MAX_LABELS);
  const facts = [["severity", message.severity], ["kind", message.kind], ...labels];
  const paragraphs = truncate(text, MAX_TEXT_LENGTH).split("\n");
  const href = link === undefined ? undefined : URL.parse(link)?.href;
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.5",
          body: [
            run(truncate(title, MAX_TITLE_LENGTH), { weight: "Bolder", size: "Medium" }),
            ...paragraphs.filter((line) => line.trim() !== "").map((line) => run(line)),
            ...facts.map(([name, value]) =>
              run(truncate(`${name}: ${value}`, MAX_LABEL_LENGTH), { isSubtle: true }),
            ),
          ],
          ...(href !== undefined && {
            actions: [{ type: "Action.OpenUrl", title: "Open in Pratique", url: href }],
          }),
        },
      },
    ],
  };
}

function run(text: string, style: Readonly<Record<string, string | boolean>> = {}) {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", text: disarm(text), ...style }] };
}

/** Breaks up what a host may expand in any text: `{{DATE(…)}}`, `${…}` of templates, and `<at>` of mentions. */
function disarm(text: string): string {
  return text
    .replace(/\{(?=\{)/gu, `{${WORD_JOINER}`)
    .replace(/\$(?=\{)/gu, `$${WORD_JOINER}`)
    .replace(/<(?=\/?at\b)/giu, `<${WORD_JOINER}`)
    .replace(/@(?=here|channel|everyone|team)/giu, `@${WORD_JOINER}`);
}
