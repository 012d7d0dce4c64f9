import { channelSettings } from "@pratique/api";
import { RowSecrets } from "../sealing/row-secrets.ts";

export const exporterSecrets = new RowSecrets("exporters", channelSettings);
