import { expect, it } from "vitest";
import { redHatChannelOf } from "./redhat-channel.ts";

it.each([
  ["cpe:/o:redhat:rhel_eus:8.6::baseos", "rhel_eus:8.6"],
  ["cpe:/a:redhat:rhel_e4s:9.0::appstream", "rhel_e4s:9.0"],
  ["cpe:/o:redhat:rhel_els:7", "rhel_els:7"],
  ["cpe:/o:redhat:enterprise_linux_eus:10.0", "enterprise_linux_eus:10.0"],
  ["cpe:/o:redhat:enterprise_linux:8::baseos", undefined],
  ["cpe:/a:redhat:openshift:4.12::el8", undefined],
  ["cpe:/o:redhat:rhel_eus:8.6.1", undefined],
  ["", undefined],
])("reads %j as %j", (cpe, expected) => {
  expect(redHatChannelOf(cpe)?.name).toBe(expected);
});
