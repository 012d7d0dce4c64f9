import type { ImageConfig } from "@pratique/core";
import { type Fields, objectIn, textIn, textMapIn, textsIn, wordsIn } from "../json-fields.ts";

/** Completes a container's configuration with its image's, as the engine does when it creates one. */
export function completeConfig(config: Fields, image: ImageConfig | undefined): Fields {
  if (image === undefined) return config;
  const entrypoint = wordsIn(config, "Entrypoint");
  const command = wordsIn(config, "Cmd");
  const own = entrypoint.length > 0;
  const volumes = Object.fromEntries(image.volumes.map((target) => [target, {}]));
  return {
    ...config,
    User: textIn(config, "User") || image.user,
    Entrypoint: own ? entrypoint : image.entrypoint,
    Cmd: command.length > 0 || own ? command : image.command,
    Env: [...image.environment, ...textsIn(config, "Env")],
    Labels: { ...image.labels, ...textMapIn(config, "Labels") },
    Volumes: { ...volumes, ...objectIn(config, "Volumes") },
  };
}
