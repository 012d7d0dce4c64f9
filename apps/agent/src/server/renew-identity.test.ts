import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { IdentityFile } from "./identity-file.ts";
import { renewForever } from "./renew-identity.ts";

const DAY_MS = 86_400_000;
const JOINED = Date.parse("2026-12-01T00:00:00Z");
/** Good for the 30 days from then on. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUXsyfBvlKP91zs1TXt0iG7q44GwQwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFd2ViLTEwHhcNMjYxMjAxMDAwMDAwWhcNMjYxMjMxMDAwMDAw
WjAQMQ4wDAYDVQQDDAV3ZWItMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABC5o
y2172P/eFgUr85/Sd8cxruIQsJJyJJV0P7Mym5oetInDWkmeoYTkWKPC8d3c2dud
53E0yDeYVXbnleAu5+ajUzBRMB0GA1UdDgQWBBQVO4UORsGrr6YDgDY3W7JXlIc2
/jAfBgNVHSMEGDAWgBQVO4UORsGrr6YDgDY3W7JXlIc2/jAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQDeDjNxWM1q/SY03goAoZORPHXcED8qGAi+
pmXAn4LdvgIhAKm2qmen4/cl3GPiB6zZLawtabbsmlAKJkz0xJqTU/OQ
-----END CERTIFICATE-----
`;

/** On which day after it joined a host asks for its next certificate; `clockAt` is by how much its clock is wrong each day. */
async function dayOfRenewal(clockAt: (day: number) => number, renewAtDay = 20): Promise<number> {
  using directory = tempDirectory();
  const stopping = new AbortController();
  let trueMs = JOINED;
  let askedAtMs = Number.NaN;
  const day = () => (trueMs - JOINED) / DAY_MS;
  await renewForever(
    {
      url: "https://server.example:8444",
      host: "web-1",
      key: "",
      certificate,
      authorities: "",
      expiresAt: new Date(JOINED + 30 * DAY_MS).toISOString(),
      renewAt: new Date(JOINED + clockAt(0) * DAY_MS + renewAtDay * DAY_MS).toISOString(),
    },
    {
      file: new IdentityFile(directory.path),
      server: {
        renewCertificate: async () => {
          askedAtMs = trueMs;
          stopping.abort();
          throw new Error("asked");
        },
        use: () => undefined,
      },
      signal: stopping.signal,
      now: () => trueMs + clockAt(day()) * DAY_MS,
      sleep: async (ms) => {
        trueMs += ms;
        if (day() > 40) stopping.abort();
      },
      random: () => 0,
      onRenewed: () => undefined,
      onError: () => undefined,
    },
  );
  return Math.round((askedAtMs - JOINED) / DAY_MS);
}

it.each<[string, (day: number) => number, number]>([
  ["after two thirds of its time", () => 0, 20],
  ["after two thirds where its clock is a year behind", () => -365, 20],
  ["after two thirds where its clock is ten days ahead", () => 10, 20],
  ["at once where its clock goes from behind to right", (day) => (day < 5 ? -365 : 0), 5],
  ["at once where its clock goes back by years", (day) => (day < 5 ? 3650 : 0), 5],
  ["in time where its clock goes back by days", (day) => (day < 15 ? 15 : 0), 20],
])("renews a certificate %s", async (_, clockAt, day) => {
  expect(await dayOfRenewal(clockAt)).toBe(day);
});

it("renews at once where the clock was years ahead when the host joined, and the agent started anew since", async () => {
  expect(await dayOfRenewal(() => 0, 3650 + 20)).toBe(0);
});
