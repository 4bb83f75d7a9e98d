import assert from "node:assert/strict";
import { styleText } from "node:util";
import type { Client } from "@modelcontextprotocol/client";
import * as z from "zod";
import type { JsonObject } from "../src/lib/json.ts";
import { type Received, type Receiver, takeAll } from "../tooling/services/receiver.ts";
import { callTool } from "./client.ts";

/** Work that begins by itself: a call of another service starts a job, a watch notices a change, and a receiver hears of both. */

/** Signs what is sent to the receiver; of the demo alone. */
export const NOTIFY_SECRET = `whsec_${Buffer.alloc(32, "demo").toString("base64")}`;
const MAX_WAIT_MS = 30_000;

const Saved = z.object({ url: z.string().nullable() });
const Accepted = z.object({ job_id: z.string() });
const Fired = z.object({ fired: z.array(z.object({ job_id: z.string() })) });
const Told = z.object({ event_id: z.string(), name: z.string(), data: z.record(z.string(), z.json()) });

const say = (what: string, detail: string): void => console.log(`  ${styleText("cyan", what.padEnd(22))} ${detail}`);

const save = async (client: Client, trigger: JsonObject) =>
  Saved.parse(await callTool(client, "triggers_save", trigger));

/** One event trigger is all that it takes to be told. */
const tellOf = (client: Client, name: string, event: JsonObject, url: string) =>
  save(client, {
    name,
    blueprint: "notify-webhook",
    event,
    input: { url: `${url}/told`, event: "{% $event %}" },
  });

const isTold = ({ path }: Received): boolean => path === "/told";

async function heard(receiver: Receiver, count: number) {
  const came = await receiver.until(count, isTold, MAX_WAIT_MS);
  const told = Told.parse(JSON.parse(came.at(-1)?.text ?? ""));
  assert.match(came.at(-1)?.headers["webhook-signature"] ?? "", /^v1,/);
  say("the receiver hears", `${styleText("green", told.name)} ${JSON.stringify(told.data).slice(0, 90)}...`);
  return told;
}

export async function startByThemselves(client: Client, receiver: Receiver): Promise<void> {
  let list = ["apples", "pears"];
  receiver.answer = (request) =>
    request.path === "/list"
      ? { status: 200, body: JSON.stringify(list), headers: { "content-type": "application/json" } }
      : takeAll(request);
  await tellOf(client, "tell-of-orders", { name: "job.settled", filter: { trigger: "orders" } }, receiver.url);
  await tellOf(client, "tell-of-changes", { name: "trigger.changed" }, receiver.url);

  const steps = [{ id: "order", type: "transform", value: "{% $input.event.body.item & ' is on its way' %}" }];
  const { url } = await save(client, {
    name: "orders",
    blueprint: { name: "order", steps },
    webhook: { verify: null },
  });
  assert.ok(url !== null, "the webhook has no URL");
  say(
    "a webhook",
    url.replace(/\/hooks\/.{12}.*/, (path) => `${path.slice(0, 20)}...`),
  );
  const body = JSON.stringify({ item: "a lamp" });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal(response.status, 202);
  say("POST to it", `202, ${Accepted.parse(await response.json()).job_id}`);
  const order = await heard(receiver, 1);
  assert.deepEqual(order.data.result, { value: "a lamp is on its way" });

  await save(client, {
    name: "watch",
    blueprint: {
      name: "look",
      steps: [{ id: "get", type: "http", url: `${receiver.url}/list` }],
      output: { list: "{% $steps.get.body %}" },
    },
    schedule: { every: "1 hour" },
    changed: "{% $result.list %}",
  });
  const look = async (): Promise<void> => {
    const { fired } = Fired.parse(await callTool(client, "triggers_fire", { name: "watch" }));
    await callTool(client, "jobs_wait", { job_ids: fired.map(({ job_id }) => job_id), timeout_seconds: 30 });
  };
  await look();
  await look();
  say("a watch", "has looked twice and found the same: it says nothing");
  list = ["apples", "plums"];
  await look();
  const change = await heard(receiver, 2);
  assert.deepEqual([change.data.added, change.data.removed], [["plums"], ["pears"]]);
}
