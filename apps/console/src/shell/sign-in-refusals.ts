/** Why nobody was signed in. The address carries the code only: nobody can put words into the page. */
export const signInRefusals = ["TOKEN_REFUSED", "SIGN_IN_REFUSED", "TOO_MANY_REQUESTS", "FAILED"] as const;

export type SignInRefusal = (typeof signInRefusals)[number];
