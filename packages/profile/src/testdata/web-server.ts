import { itemsOf } from "../observe.ts";
import { Profile, type Sight } from "../profile.ts";
import { image } from "./arbitrary-profile.ts";
import { connectionOf, container, eventOf, main, processOf, writeOf } from "./events.ts";

const worker = processOf({ exePath: "/usr/sbin/nginx", uid: 101 });

/** What a small web server does. */
export const webServerEvents = [
  eventOf("execve", { process: { ...main, exePath: "/usr/sbin/nginx" } }),
  eventOf("bind", { protocol: "tcp", local: { address: "0.0.0.0", port: 80 } }),
  eventOf("listen", { protocol: "tcp", local: { address: "0.0.0.0", port: 80 } }),
  eventOf("setgid", { process: worker }),
  eventOf("setuid", { process: worker }),
  writeOf("/run/nginx.pid"),
  writeOf("/var/cache/nginx/proxy_temp/1/00/0000000001"),
  writeOf("/var/log/nginx/access.log", { process: worker }),
  writeOf("/dev/null"),
  writeOf("/data/upload", { process: worker }),
  eventOf("container"),
];

export function webServer(sight: Sight = { systemCalls: "some", capabilities: "implied" }): Profile {
  const profile = new Profile(image);
  profile.learnFrom({ container: container.id, host: "host1", sight });
  const api = connectionOf("192.0.2.80", 8443, { process: worker });
  const database = connectionOf("10.0.0.7", 5432, { process: worker });
  const seen = [
    ...webServerEvents.map((event) => [event, { executableLayer: "image" }] as const),
    [api, { remoteName: "api.example.com" }] as const,
    [database, {}] as const,
  ];
  for (const [event, facts] of seen) {
    for (const item of itemsOf(event, facts)) profile.learn(item, { first: event.time, last: event.time });
  }
  return profile;
}
