import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import { AccountRepository } from "./account-repository.ts";
import { AccountSessionRepository } from "./account-session-repository.ts";
import { AnswerRepository } from "./answer-repository.ts";
import { ApprovalRepository } from "./approval-repository.ts";
import { GrantRepository } from "./grant-repository.ts";
import { ProviderRepository } from "./provider-repository.ts";
import { RoleRepository } from "./role-repository.ts";
import { SignInTokenRepository } from "./sign-in-token-repository.ts";
import { TokenRepository } from "./token-repository.ts";

/** Who may sign in, what they may do, and what waits for a second person. */
export class PeopleStore {
  readonly accounts: AccountRepository;
  readonly roles: RoleRepository;
  readonly grants: GrantRepository;
  readonly sessions: AccountSessionRepository;
  readonly signInTokens: SignInTokenRepository;
  readonly tokens: TokenRepository;
  readonly approvals: ApprovalRepository;
  readonly answers: AnswerRepository;
  readonly providers: ProviderRepository;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.accounts = new AccountRepository(database);
    this.roles = new RoleRepository(database);
    this.grants = new GrantRepository(database);
    this.sessions = new AccountSessionRepository(database);
    this.signInTokens = new SignInTokenRepository(database);
    this.tokens = new TokenRepository(database);
    this.approvals = new ApprovalRepository(database);
    this.answers = new AnswerRepository(database);
    this.providers = new ProviderRepository(database);
    this.#feed = feed;
  }

  /**
   * Makes a change that must be seen whole: nobody else writes meanwhile, and none of it stays where the work throws.
   * The work may be done again, so it must have no effect but on the people that it is given.
   */
  async together<Result>(work: (people: PeopleStore) => Promise<Result>): Promise<Result> {
    return await this.#feed.write((transaction) => work(new PeopleStore(transaction, this.#feed)));
  }
}
