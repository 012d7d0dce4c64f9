import { expect, it } from "vitest";
import { authorizedFetch } from "./authorized-fetch.ts";

/** What is asked for, with the token that is shown. */
function asking() {
  const asked: (readonly [string, string | null])[] = [];
  const fetch = authorizedFetch(
    async (input, init) => {
      asked.push([String(input), new Headers(init?.headers).get("authorization")]);
      return new Response("");
    },
    { token: "secret" },
  );
  return { asked, fetch };
}

it.each(["https://log.example/", "http://localhost:8443/", "http://127.0.0.1/", "http://[::1]/"])(
  "shows its token to %s",
  async (url) => {
    const { asked, fetch } = asking();
    await fetch(url);
    expect(asked).toEqual([[url, "Bearer secret"]]);
  },
);

it.each(["http://log.example/", "http://127.0.0.1.example.com/", "http://127.example.com/"])(
  "sends no token in clear text to %s",
  async (url) => {
    const { asked, fetch } = asking();
    await expect(fetch(url)).rejects.toMatchObject({ code: "ARGUMENTS_INVALID" });
    expect(asked).toEqual([]);
  },
);
