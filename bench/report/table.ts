import type { Results } from "./results.ts";

type Row = readonly string[];

function lines(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: Row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

const pairs = (values: Record<string, number>): string =>
  lines(Object.entries(values).map(([name, n]) => [name, `${n}`]));

const quartilesOf = (quartiles: readonly number[] | undefined): string =>
  quartiles?.map((each) => each.toFixed(2)).join(" to ") ?? "";

const spreads = (values: Results["scale"]): string =>
  lines(
    Object.entries(values).map(([name, { median, low, high }]) => {
      return [name, median.toFixed(2), quartilesOf([low, high])];
    }),
  );

function goalLines(goals: Results["goals"]): string {
  const head = ["goal", "wanted", "found", "quartiles", ""];
  const row = ({ what, goal, found, quartiles, isMet }: Results["goals"][number]): Row => [
    ...[what, goal, `${found ?? "not measured"}`, quartilesOf(quartiles), isMet ? "pass" : "MISS"],
  ];
  const met = goals.filter(({ isMet }) => isMet).length;
  return `${lines([head, ...goals.map(row)])}\n${met} of ${goals.length} goals are met`;
}

/** The results for whoever ran the bench. */
export function tableOf({
  goals,
  minutes,
  ratios,
  spread,
  rates,
  rows,
  claims,
  engine_steps,
  million_jobs_usd,
  jobs_per_second,
  scale,
  bytes_per_settled_job,
  expressions,
  latency_ms,
  startup,
  load_average,
  skipped,
}: Results): string {
  const head = ["case", "of the limit", "quartiles", "a second", "p50 ms", "p99 ms"];
  const cases = Object.entries(rates).map(([name, rate]) => {
    const quartiles = quartilesOf(spread[name]);
    const times = [rate.per_second, rate.p50_ms, rate.p99_ms].map((value) => `${value}`);
    return [name, ratios[name]?.toFixed(2) ?? "limit", quartiles, ...times];
  });
  return [
    lines([head, ...cases]),
    `Rows written; read by status and list\n${pairs(rows)}`,
    `Claims of workers, 20 in a call, beside bare inserts\n${pairs(claims)}`,
    `Jobs of three http steps a second: ${ratios.three_step_jobs} (${spread.three_step_jobs?.join(" to ")}) of a bare Workflow; instances that do nothing: ${ratios.empty_instances} (${spread.empty_instances?.join(" to ")})\n${pairs(jobs_per_second)}`,
    `Steps that the engine meters\n${pairs(engine_steps)}`,
    `A million jobs of three steps: $${million_jobs_usd}`,
    `A million jobs against a thousand\n${spreads(scale)}`,
    `Bytes of a settled job: ${bytes_per_settled_job}`,
    `Expressions, times bare JSONata\n${spreads(expressions)}`,
    `Milliseconds on an idle server\n${pairs(latency_ms)}`,
    `Start-up\n${pairs(startup)}`,
    `Load average ${load_average}; about 2 when the machine does nothing else`,
    ...skipped.map((why) => `skipped: ${why}`),
    goalLines(goals),
    `${minutes} minutes`,
  ].join("\n\n");
}
