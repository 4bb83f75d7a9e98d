import { expect, it } from "vitest";
import { inRegistry } from "../registry/bench.ts";
import { runSteps } from "./bench.ts";

/** Each rests on something that this runtime may have otherwise than Node has it. */
it.each([
  ["$parse('a,b\n1,é', 'csv')", [{ a: "1", b: "é" }]],
  ["$parse('<a x=\"1\"><b/></a>', 'xml')", { a: { "@x": "1", b: "" } }],
  ["$parse('data: 1\n\n', 'sse')", [{ event: "message", data: "1" }]],
  ["$parse('[12345678901234567890]')", ["12345678901234567890"]],
  ["$hash('abc', 'SHA-256', 'base64')", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="],
  ["$time(0, 'America/St_Johns')", "1969-12-31T20:30:00.000-03:30"],
  ["$url('https://a.example/x/', '../y', {'q': 1})", "https://a.example/y?q=1"],
])("%s works in the runtime that serves it", (expression, out) =>
  inRegistry(async (bench) => {
    const run = await runSteps(bench, [{ id: "t", type: "transform", value: { out: `{% ${expression} %}` } }]);
    expect(await run.status()).toMatchObject({ status: "succeeded", result: { out } });
  }),
);
