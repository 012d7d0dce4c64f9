/** The path names none that there is. Of what belongs to the installation or the caller the guard never says so. */
const noSuchThing = {
  codes: ["NOT_FOUND"],
  because: "the path names none that there is, of which the handler alone tells",
};

/**
 * What a caller who may is answered where it is no success: the codes that the handler alone gives, and why. Every
 * endpoint that is missing here must answer with a success.
 */
export const letThroughAs: Readonly<
  Record<string, { readonly codes: readonly string[]; readonly because: string }>
> = {
  approve: { codes: ["APPROVAL_CLOSED"], because: "the first to approve has closed it" },
  deleteChannel: noSuchThing,
  deleteExporter: noSuchThing,
  deleteGrant: noSuchThing,
  deletePolicy: { codes: ["REVISION_STALE"], because: "the call speaks of a policy that is new, and this one is there" },
  deleteProvider: noSuchThing,
  deleteRegistry: noSuchThing,
  deleteRole: noSuchThing,
  deleteRuleFile: { codes: ["REVISION_STALE"], because: "the call speaks of a file that is new, and this one is there" },
  endOwnSession: noSuchThing,
  finishOidc: { codes: ["NOT_FOUND"], because: "the provider is there only from its own row on" },
  putPolicy: { codes: ["REVISION_STALE"], because: "the call speaks of a policy that is new, and this one is there" },
  putRuleFile: { codes: ["REVISION_STALE"], because: "the call speaks of a file that is new, and this one is there" },
  reject: { codes: ["APPROVAL_CLOSED"], because: "the row before has approved it" },
  revokeHost: { codes: ["CONFLICT"], because: "the hosts here are the server's own, which have no certificate" },
  revokeJoinToken: noSuchThing,
  revokeOwnToken: noSuchThing,
  revokeToken: noSuchThing,
  scanImage: { codes: ["CONFLICT"], because: "the clock has left behind what the hosts reported" },
  signIn: { codes: ["TOKEN_REFUSED"], because: "the sample guesses a link" },
  signInWithPassword: { codes: ["SIGN_IN_REFUSED"], because: "the sample guesses a password" },
  startOidc: { codes: ["NOT_FOUND"], because: "the provider is there only from its own row on" },
};
