import { type DetectionSettings, showDetectionSettings } from "@pratique/api";
import type { Store } from "@pratique/store";

/** The name of the document that they are kept in. */
const DETECTIONS = "detections";

/** What holds where nobody has said otherwise. */
const defaultDetectionSettings: DetectionSettings = { notifyFrom: "critical" };

/** Which detections people are told of. */
export async function detectionSettingsIn(store: Pick<Store, "settings">): Promise<DetectionSettings> {
  const held = await store.settings.documents.find(DETECTIONS);
  const parsed = showDetectionSettings.reply.safeParse(held?.value);
  return parsed.success ? parsed.data : defaultDetectionSettings;
}

export async function setDetectionSettings(
  store: Pick<Store, "settings">,
  settings: DetectionSettings,
): Promise<void> {
  await store.settings.documents.put(DETECTIONS, { ...settings });
}
