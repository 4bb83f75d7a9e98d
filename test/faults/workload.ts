import { rowDigest } from "../support/row-digest.ts";

/** The items of the map, and what stands for each in the keys of its actions: a digest instead of its place. */
const ITEMS = [0, 1, 2, 3, 4, 5];
const PLACES = new Map(ITEMS.map((item, i) => [`each[${rowDigest(item)}].`, `each[${i}].`]));

const ROUNDS = [1, 2, 3, 4];

/** The step path of an action's key, without the job in front. */
export function pathOfKey(key: string): string {
  for (const [row, place] of PLACES) if (key.startsWith(row)) return `${place}${key.slice(row.length)}`;
  return key;
}

/** Jobs of every shape that a crash may meet, each with the effects that it must have in the end. */
export interface Shape {
  name: string;
  steps: object[];
  /** Step paths of the effects that the job itself must have. */
  effects: string[];
  /** Whose name it bears: a delivery starts it. Else a caller submits it. */
  starts?: "hook";
  /** What it needs of others: care.ts does it. */
  care?: "answer" | "cancel" | "cancel many" | "follow the link" | "work";
  ends: "succeeded" | "cancelled";
}

/** What a plan tells, and which another plan waits for. */
export const TOLD = "crash.told";
export const QUEUE = "crash";

export function shapes(service: string): Shape[] {
  const effect = (id: string) => {
    return { id, type: "http", method: "POST", url: `${service}/effects`, body: { id }, timeout: "5 seconds" };
  };
  const slow = { id: "slow", type: "http", url: `${service}/slow?ms=700`, timeout: "3 seconds" };
  const nap = (length: string) => ({ id: "nap", type: "sleep", for: length });
  const question = { id: "ask", type: "input", message: "Go on?", schema: { type: "object", properties: {} } };
  const ends = "succeeded" as const;
  return [
    { name: "http", steps: [effect("a"), slow, effect("b")], effects: ["a", "b"], ends },
    { name: "sleep", steps: [effect("a"), nap("2 seconds"), effect("b")], effects: ["a", "b"], ends },
    {
      name: "map",
      steps: [{ id: "each", type: "map", over: ITEMS, concurrency: 3, steps: [effect("item")] }, effect("b")],
      effects: [...ITEMS.map((i) => `each[${i}].item`), "b"],
      ends,
    },
    {
      name: "repeat",
      steps: [
        { id: "loop", type: "repeat", limit: ROUNDS.length, pause: "1 second", steps: [effect("round")] },
        effect("b"),
      ],
      effects: [...ROUNDS.map((round) => `loop#${round}.round`), "b"],
      ends,
    },
    {
      name: "parallel",
      steps: [
        { id: "both", type: "parallel", branches: { left: [effect("x")], right: [nap("1 second"), effect("y")] } },
      ],
      effects: ["both.left.x", "both.right.y"],
      ends,
    },
    {
      name: "child",
      steps: [{ id: "kid", type: "job", blueprint: { name: "kid", steps: [effect("inner")] } }, effect("b")],
      effects: ["b"],
      ends,
    },
    { name: "input", steps: [effect("a"), question, effect("b")], effects: ["a", "b"], care: "answer", ends },
    {
      name: "values",
      steps: [
        effect("a"),
        { id: "sum", type: "transform", value: "{% 1 + 1 %}" },
        { id: "keep", type: "store", key: "kept", value: "{% $steps.sum %}" },
        { id: "links", type: "handler", handler: "extract-links", input: { html: "<a>", base_url: service } },
        { id: "tell", type: "emit", event: TOLD, data: { job: "{% $job.id %}" } },
        effect("b"),
        { id: "over", type: "end", as: "succeeded" },
      ],
      effects: ["a", "b"],
      ends,
    },
    {
      name: "ai",
      steps: [effect("a"), { id: "say", type: "ai", prompt: "say hello", timeout: "5 seconds" }, effect("b")],
      effects: ["a", "b"],
      ends,
    },
    {
      name: "worker",
      steps: [effect("a"), { id: "work", type: "worker", queue: QUEUE, lease: "5 seconds" }, effect("b")],
      effects: ["a", "b"],
      care: "work",
      ends,
    },
    {
      name: "link",
      steps: [{ ...effect("a"), body: { link: "{% $link.ask %}" } }, { ...question, link: true }, effect("b")],
      effects: ["a", "b"],
      care: "follow the link",
      ends,
    },
    { name: "hook", steps: [effect("a"), effect("b")], effects: ["a", "b"], starts: "hook", ends },
    // Whoever cancels many at once does not look at each: it may not have begun.
    { name: "bulk", steps: [nap("1 hour"), effect("b")], effects: [], care: "cancel many", ends: "cancelled" },
    {
      name: "cancel",
      steps: [effect("a"), nap("1 hour"), effect("b")],
      effects: ["a"],
      care: "cancel",
      ends: "cancelled",
    },
  ];
}
