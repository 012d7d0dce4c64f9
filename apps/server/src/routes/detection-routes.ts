import { visibility } from "@pratique/access";
import {
  listDetections,
  listResponses,
  putDetectionSettings,
  reviewDetection,
  showDetection,
  showDetectionSettings,
  showDetectionTimeline,
} from "@pratique/api";
import type { DetectionCount, RuleCount } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { countsOf } from "../runtime/priority-counts.ts";
import { detectionEntryOf, responseEntryOf } from "../runtime/project-runtime.ts";
import { detectionSettingsIn, setDetectionSettings } from "../settings/detection-settings.ts";

const HOUR_MS = 3_600_000;
const TECHNIQUE = /^t\d{4}(?:\.\d{3})?$/u;

/** What rules detected, and what was done about it. */
export function bindDetections(binder: Binder, { store, now }: Context): void {
  const { detections, responses } = store.runtime;

  binder.bind(listDetections, async ({ query, seen }) => {
    const { items, nextCursor, total } = await detections.list({ ...query, seen });
    return { items: items.map(detectionEntryOf), nextCursor, total };
  });

  binder.bind(showDetection, async ({ params, caller }) => {
    const found = await detections.find(params.detectionId);
    if (found === undefined) {
      throw new ServerError("NOT_FOUND", `no detection ${JSON.stringify(params.detectionId)} was recorded`);
    }
    const seen = visibility(caller.principal, showDetection.permission);
    await detections.noteLook(found.id, { at: new Date(now()).toISOString(), seen });
    const answers = await responses.to(found.host, found.detection);
    return { detection: detectionEntryOf(found), responses: answers.map(responseEntryOf) };
  });

  binder.bind(reviewDetection, async ({ params, body, caller }) => {
    const review = { ...body, by: caller.name, at: new Date(now()).toISOString() };
    await detections.review(params.detectionId, { state: body.state, review });
    const found = await detections.find(params.detectionId);
    if (found === undefined) {
      throw new ServerError("NOT_FOUND", `no detection ${JSON.stringify(params.detectionId)} was recorded`);
    }
    return { detection: detectionEntryOf(found) };
  });

  binder.bind(showDetectionTimeline, async ({ query, seen }) => {
    const since = new Date(now() - query.hours * HOUR_MS).toISOString();
    return {
      since,
      hours: byHour(await detections.countByHour({ since, seen })),
      techniques: byTechnique(await detections.countByRule({ since, seen })),
    };
  });

  binder.bind(showDetectionSettings, async () => await detectionSettingsIn(store));

  binder.bind(putDetectionSettings, async ({ body }) => {
    await setDetectionSettings(store, body);
    return body;
  });

  binder.bind(listResponses, async ({ query, seen }) => {
    const { items, nextCursor, total } = await responses.list({ ...query, seen });
    return { items: items.map(responseEntryOf), nextCursor, total };
  });
}

function byHour(counts: readonly DetectionCount[]) {
  const hours = Map.groupBy(counts, ({ hour }) => hour);
  return [...hours].map(([hour, each]) => ({
    hour: `${hour}:00:00.000Z`,
    counts: countsOf(each),
  }));
}

function byTechnique(rules: readonly RuleCount[]) {
  const techniques = new Map<string, RuleCount[]>();
  for (const rule of rules) {
    for (const tag of rule.tags.filter((each) => TECHNIQUE.test(each))) {
      techniques.set(tag, [...(techniques.get(tag) ?? []), rule]);
    }
  }
  return [...techniques]
    .map(([technique, each]) => ({
      technique: technique.toUpperCase(),
      detections: each.reduce((sum, { detections }) => sum + detections, 0),
      rules: [...new Set(each.map(({ rule }) => rule))],
      lastAt:
        each
          .map(({ lastAt }) => lastAt)
          .toSorted()
          .at(-1) ?? "",
    }))
    .toSorted((left, right) => right.detections - left.detections);
}
