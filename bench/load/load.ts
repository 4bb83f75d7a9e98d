import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "undici";

/** Where a value stands in an answer; `length` counts an array. */
export type Path = readonly (string | number)[];

/** One request, made again and again. Plain data: it crosses to the process that makes the load. */
export interface Load {
  origin: string;
  path: string;
  headers: { [name: string]: string };
  /** JSON, with the number of the request between the two halves. */
  body: readonly [head: string, tail: string];
  /** Where the answer repeats that number. */
  numberAt: Path;
  /** What must stand in each answer. */
  expect: readonly (readonly [at: Path, value: unknown])[];
  connections: number;
  /** Before counting begins, and while it lasts. */
  warmMs: number;
  ms: number;
}

export interface Measured {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers that were counted; each was read and checked. */
  answers: number;
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((found, key) => (found as { [key: string]: unknown } | undefined)?.[key], value);

const FRAME = "\ndata: ";

/** JSON, or that of the last frame of an event stream. */
export const parseAnswer = (text: string): unknown =>
  JSON.parse(text.startsWith("{") ? text : `\n${text}`.slice(`\n${text}`.lastIndexOf(FRAME) + FRAME.length));

/** @throws with the answer, when it is not exactly what was asked for */
function check({ numberAt, expect }: Load, status: number, text: string, n: number): void {
  const answer = status === 200 ? parseAnswer(text) : undefined;
  const isRight = at(answer, numberAt) === n && expect.every(([path, value]) => at(answer, path) === value);
  if (!isRight) throw new Error(`request ${n}: a wrong answer, status ${status}: ${text.slice(0, 600)}`);
}

const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;

/** As many requests as the server answers, each connection with one at a time. @throws at the first wrong answer */
export async function run(load: Load): Promise<Measured> {
  const { origin, path, headers, connections, warmMs, ms } = load;
  const [head, tail] = load.body;
  let n = 0;
  let phase: "warming" | "counting" | "over" = "warming";
  const took: number[] = [];
  const connection = async () => {
    const client = new Client(origin);
    while (phase !== "over") {
      n += 1;
      const number = n;
      const started = performance.now();
      const { statusCode, body } = await client.request({ method: "POST", path, headers, body: head + number + tail });
      check(load, statusCode, await body.text(), number);
      if (phase === "counting") took.push(performance.now() - started);
    }
    await client.close();
  };
  const clock = async () => {
    await sleep(warmMs);
    phase = "counting";
    const started = performance.now();
    await sleep(ms);
    phase = "over";
    return performance.now() - started;
  };
  const [elapsed] = await Promise.all([clock(), ...Array.from({ length: connections }, connection)]);
  const sorted = Float64Array.from(took).sort();
  return {
    perSecond: (took.length * 1_000) / elapsed,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    answers: took.length,
  };
}
