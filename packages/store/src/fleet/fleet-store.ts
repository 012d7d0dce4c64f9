import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import { AgentAuthorityRepository } from "./agent-authority-repository.ts";
import { AgentRunRepository } from "./agent-run-repository.ts";
import { CommandRepository } from "./command-repository.ts";
import { ContainerRepository } from "./container-repository.ts";
import { ExceptionRepository } from "./exception-repository.ts";
import { HostIdentityRepository } from "./host-identity-repository.ts";
import { ImageLocationRepository } from "./image-location-repository.ts";
import { JoinTokenRepository } from "./join-token-repository.ts";
import { PolicyRepository } from "./policy-repository.ts";
import type { Sight } from "./sight.ts";

/** Who the hosts are, what lies and runs on them, what they are told to do, and what holds there. */
export class FleetStore {
  readonly identities: HostIdentityRepository;
  readonly joinTokens: JoinTokenRepository;
  readonly authorities: AgentAuthorityRepository;
  readonly runs: AgentRunRepository;
  readonly locations: ImageLocationRepository;
  readonly containers: ContainerRepository;
  readonly commands: CommandRepository;
  readonly policies: PolicyRepository;
  readonly ruleFiles: PolicyRepository;
  readonly exceptions: ExceptionRepository;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.identities = new HostIdentityRepository(database, feed);
    this.joinTokens = new JoinTokenRepository(database);
    this.authorities = new AgentAuthorityRepository(database);
    this.runs = new AgentRunRepository(database, feed);
    this.locations = new ImageLocationRepository(database, feed);
    this.containers = new ContainerRepository(database, feed, sight);
    this.commands = new CommandRepository(database, feed);
    this.policies = new PolicyRepository(database, feed, "policies");
    this.ruleFiles = new PolicyRepository(database, feed, "rule_files");
    this.exceptions = new ExceptionRepository(database, feed);
  }
}
