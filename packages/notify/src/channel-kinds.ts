import type { ChannelKind } from "./channel.ts";
import { email } from "./channels/email.ts";
import { slack } from "./channels/slack.ts";
import { syslog } from "./channels/syslog.ts";
import { teams } from "./channels/teams.ts";
import { webhook } from "./channels/webhook.ts";

/** All kinds of channels, sorted by name. A test fails when a file in `channels/` is missing here. */
export const channelKinds: readonly ChannelKind[] = [email, slack, syslog, teams, webhook];
