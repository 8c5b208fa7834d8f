import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseCallers } from "../../shared/access/caller.ts";
import { judgeAnswer } from "../../shared/callback/judge-answer.ts";
import { genericBody, messageSchema } from "../../shared/callback/message.ts";
import { callbackRequest } from "../../shared/callback/request.ts";
import { callbackConfigOf, callbackSettings } from "../../shared/callback/settings.ts";
import { CALLBACK_EVENTS, CALLBACK_SHAPES } from "../../shared/ledger/outbox/notice.ts";
import { SEQUENCE_STATES } from "../../shared/ledger/sequence/sequence.ts";
import {
  NOW_MS,
  OTHER_SECRET,
  runFinished,
  SECRET,
  sequenceEnded,
} from "../callback/told-facts.ts";
import { blocksIn, page } from "./markdown.ts";

const PAGE = page("docs/callbacks.md");
const block = (language: string, at = 0) =>
  blocksIn(PAGE).filter((each) => each.language === language)[at]?.text ?? "";

type IsFromLrq = (
  secret: string,
  headers: Readonly<Record<string, string>>,
  rawBody: string,
  nowMs: number,
) => boolean;
const sampleSchema = z.object({ isFromLrq: z.custom<IsFromLrq>((it) => typeof it === "function") });

describe("the page about callbacks", () => {
  it("shows how to know us in lines that let our messages through, and no others", async () => {
    const source = Buffer.from(block("js")).toString("base64");
    const loaded: unknown = await import(`data:text/javascript;base64,${source}`);
    const { isFromLrq } = sampleSchema.parse(loaded);
    const to = {
      shape: "generic",
      url: "https://hooks.contoso.example/",
      secrets: [OTHER_SECRET, SECRET],
      header: null,
    } as const;
    const { headers, body } = callbackRequest(to, runFinished(), NOW_MS);
    const third = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
    expect(isFromLrq(SECRET, headers, body, NOW_MS)).toBe(true);
    expect(isFromLrq(OTHER_SECRET, headers, body, NOW_MS)).toBe(true);
    expect(isFromLrq(third, headers, body, NOW_MS)).toBe(false);
    expect(isFromLrq(SECRET, headers, `${body} `, NOW_MS)).toBe(false);
    expect(isFromLrq(SECRET, headers, body, NOW_MS + 301_000)).toBe(false);
    expect(isFromLrq(SECRET, { ...headers, "webhook-id": "msg_2" }, body, NOW_MS)).toBe(false);
    for (const name of Object.keys(headers).filter((each) => each.startsWith("webhook-"))) {
      const { [name]: _, ...others } = headers;
      expect(isFromLrq(SECRET, others, body, NOW_MS)).toBe(false);
    }
    expect(isFromLrq(SECRET, {}, body, NOW_MS)).toBe(false);
  });

  it("shows a caller that is right", () => {
    expect(parseCallers(`[${block("json")}]`)).toMatchObject({ kind: "parsed" });
  });

  it("shows the message as it is sent", () => {
    const shown: unknown = JSON.parse(block("json", 1));
    const to = { shape: "generic", url: "https://a.example/", secrets: [SECRET], header: null };
    const { body } = callbackRequest({ ...to, shape: "generic" }, runFinished(), NOW_MS);
    expect(namesIn(shown)).toEqual(namesIn(JSON.parse(body)));
    // The page cuts hashes short.
    const whole = JSON.stringify(shown).replaceAll(/"\w{4}\.\.\."/g, `"${"0".repeat(64)}"`);
    expect(messageSchema.safeParse(JSON.parse(whole)).error).toBeUndefined();
  });

  it("has a schema for every message, with every member that is sent", () => {
    const known = namesIn(z.toJSONSchema(messageSchema));
    const states = Object.fromEntries(SEQUENCE_STATES.map((state) => [state, 1]));
    const ended = sequenceEnded("pc-1", "refused");
    for (const facts of [runFinished({ counts: states }), runFinished({ seal: null }), ended]) {
      const sent: unknown = JSON.parse(genericBody(facts));
      expect(messageSchema.safeParse(sent).error).toBeUndefined();
      const unknown = namesIn(sent).filter((name) => !known.includes(name) && !(name in states));
      expect(unknown).toEqual([]);
    }
  });

  it("names every event and every shape", () => {
    for (const event of CALLBACK_EVENTS) expect(PAGE).toContain(`\`${event}\``);
    for (const shape of CALLBACK_SHAPES) expect(PAGE.toLowerCase()).toContain(shape);
  });

  it("tells the schedule there is", () => {
    const { waitsMs } = callbackConfigOf(z.object(callbackSettings).parse({}));
    const failed = { kind: "unavailable", detail: "" } as const;
    const waits = "5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h";
    expect(PAGE.replaceAll("\n", " ")).toContain(waits);
    const seconds = [5, 300, 1_800, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * 3_600)];
    expect(waitsMs).toEqual(seconds.map((each) => each * 1_000));
    expect(judgeAnswer(failed, 10, NOW_MS, waitsMs).kind).toBe("dead");
  });
});

/** The names of all members, in their order, however deep. */
function namesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const members = Object.entries(value);
  return members.flatMap(([name, member]) => [name].concat(namesIn(member)));
}
