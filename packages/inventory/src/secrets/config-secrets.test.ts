import type { ImageConfig } from "@pratique/core";
import { expect, it } from "vitest";
import { secretSamples } from "../testdata/secret-samples.ts";
import { findConfigSecrets } from "./config-secrets.ts";

const token = secretSamples().find(({ rule }) => rule === "github-token")?.secret ?? "";

const config: ImageConfig = {
  os: "linux",
  architecture: "amd64",
  user: "",
  entrypoint: ["/bin/run", `--token=${token}`],
  command: [],
  environment: [
    "PATH=/usr/local/bin:/usr/bin",
    "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568",
    `GH_TOKEN=${token}`,
    "DB_PASSWORD=hunter2",
    "DB_PASSWORD_FILE=/run/secrets/db",
    "ADMIN_PASSWORD=changeme",
    "DATABASE_URL=postgres://shop:s3cr3t-pa55@db.shop.internal/x",
    "PYTHON_PIP_VERSION=24.0",
    "broken",
  ],
  workingDirectory: "",
  exposedPorts: [],
  volumes: [],
  labels: { build: `https://ci:${token}@git.shop.internal/` },
  healthcheck: ["CMD", "true"],
};

const history = [
  "/bin/sh -c #(nop) ADD file:0123456789abcdef0123456789abcdef in / ",
  `RUN |2 NPM_TOKEN=npm-s3cr3t MODE=ci /bin/sh -c npm ci # buildkit`,
  "ENV PASSWORD=",
  "RUN /bin/sh -c curl -u ci https://x # buildkit",
  `RUN git clone https://ci:${token}@git.shop.internal/a`,
];

it("finds what was handed in while the image was built, and what its containers are told", () => {
  const { secrets } = findConfigSecrets(config, history);
  expect(secrets.map(({ rule, where, line, confidence }) => [rule, where, line, confidence])).toEqual([
    ["secret-variable", "history", 2, "low"],
    ["github-token", "history", 5, "high"],
    ["github-token", "environment", 3, "high"],
    ["secret-variable", "environment", 4, "low"],
    ["url-password", "environment", 7, "high"],
  ]);
  const prints = secrets.filter(({ rule }) => rule === "github-token").map(({ fingerprint }) => fingerprint);
  expect(new Set(prints).size).toBe(1);
});

it("leaves a configuration in which none of it can be read", () => {
  const found = findConfigSecrets(config, history);
  const told = JSON.stringify(found);
  for (const secret of [token, "hunter2", "s3cr3t"]) expect(told).not.toContain(secret);
  expect(found.config?.environment).toEqual([
    ...config.environment.slice(0, 2),
    expect.stringMatching(/^GH_TOKEN=ghp_….. \(40 characters\)$/u),
    "DB_PASSWORD=… (7 characters)",
    ...config.environment.slice(4, 6),
    "DATABASE_URL=postgres://shop:… (11 characters)@db.shop.internal/x",
    ...config.environment.slice(7),
  ]);
  expect(found.config?.entrypoint[1]).toMatch(/^--token=ghp_….. \(40 characters\)$/u);
});

it("takes what says nothing, and what is much too long", () => {
  expect(findConfigSecrets(undefined)).toEqual({ config: undefined, secrets: [] });
  const long = { ...config, environment: [`A=${"PASSWORD".repeat(200_000)}`] };
  expect(findConfigSecrets(long, ["X=".repeat(500_000)]).secrets).toEqual([]);
});
