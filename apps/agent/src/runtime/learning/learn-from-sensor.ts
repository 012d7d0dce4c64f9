import type { SensorEvent } from "@pratique/sensor";
import { Learning, type LearningOptions } from "./learning.ts";
import { ProfileFiles } from "./profile-files.ts";
import { sensorFacts } from "./sensor-facts.ts";

export interface SensorLearningOptions extends Omit<LearningOptions<SensorEvent>, "facts" | "files"> {
  /** Where profiles lie. */
  readonly directory: string;
}

/** Goes on learning from the sensor's events, from what lies in a directory. */
export function learnFromSensor({ directory, ...options }: SensorLearningOptions): Learning<SensorEvent> {
  const learning = new Learning<SensorEvent>({
    ...options,
    facts: sensorFacts,
    files: new ProfileFiles(directory),
  });
  learning.load();
  return learning;
}
