import type { Enforceability } from "@pratique/core";

/** What an attack needs to be given, so that what protects the host is all that can stop it. */
export interface ContainerNeeds {
  readonly privileged?: true;
  readonly capAdd?: readonly string[];
  /** The engine's own filters of system calls and of files stand aside. */
  readonly unconfined?: true;
  readonly hostProcesses?: true;
  /** The engine's socket at `/var/run/docker.sock`. */
  readonly engineSocket?: true;
  /** File systems in memory, by their path, with their options. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Where volumes are mounted that are removed with the container. */
  readonly volumes?: readonly string[];
  readonly terminal?: true;
  /** By name or number; root where there is none. */
  readonly user?: string;
}

/** One harmless attack: what it does, what it needs, and what should be said of it. */
export interface Attack {
  /** Unique, in lower case and dashes; the marker that the attack prints names it. */
  readonly id: string;
  /** Of the table of detections in docs/reference/default-rules.md; undefined where only upstream's rules speak of it. */
  readonly row: number | undefined;
  readonly title: string;
  /** Of MITRE ATT&CK. */
  readonly technique: string;
  /** On the host itself, in no container; in a container where it is left out. */
  readonly place?: "host";
  readonly needs: ContainerNeeds;
  /** What `pratique-attacks` is started with. */
  readonly argv: readonly string[];
  /** In place of `pratique-attacks`: a name that it goes by from its first process on. */
  readonly program?: string;
  /** Names of our default rules of which at least one should speak; none where something else answers it. */
  readonly rules: readonly string[];
  /** Likewise of the rules that Falco's project publishes. */
  readonly upstreamRules: readonly string[];
  /** The best that a host can do with the rules of hardened.yaml and the gate. */
  readonly best: Enforceability;
}
