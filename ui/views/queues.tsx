import type { JobStats, LimitUse, QueueStats } from "../../src/jobs/statistics.ts";
import { get } from "../lib/api.ts";
import { lengthOf, plural } from "../lib/format.ts";
import { useLive, useNow } from "../lib/live.ts";
import { hrefOf } from "../lib/router.ts";
import { Problem } from "../parts/problem.tsx";

const EVERY_MS = 800;

function QueueCard({ queue, now }: { queue: QueueStats; now: number }) {
  const { queue: name, depth, leased, oldest, workers } = queue;
  const whole = Math.max(depth + leased, 1);
  return (
    <section class="card queue" data-queue={name}>
      <h2>{name}</h2>
      <div class="bar split" role="img" aria-label={`${leased} leased, ${depth} waiting`}>
        <i class="leased" style={{ width: `${(100 * leased) / whole}%` }} />
        <i class="waiting" style={{ width: `${(100 * depth) / whole}%` }} />
      </div>
      <dl class="facts">
        <dt>Waiting</dt>
        <dd>
          {depth}
          {oldest !== null && `, the oldest for ${lengthOf(now - Date.parse(oldest))}`}
        </dd>
        <dt>Leased</dt>
        <dd>{leased}</dd>
        <dt>Workers</dt>
        <dd class={workers === 0 && depth > 0 ? "bad-ink" : ""}>
          {workers === 0 && depth > 0 ? "none holds a lease" : workers}
        </dd>
      </dl>
    </section>
  );
}

const nameOf = ({ limit, blueprint, key }: LimitUse): string =>
  limit === "running_jobs" ? "Jobs that run at once" : [blueprint, key].filter(Boolean).join(": ");

function LimitLine({ use }: { use: LimitUse }) {
  return (
    <div class="row pair">
      <span class="name">
        {nameOf(use)}
        <span class="under">{use.limit.replace("_", " ")}</span>
      </span>
      <span class="number">
        {use.running} run, {use.waiting} wait
      </span>
    </div>
  );
}

const EXAMPLE = "edge-jobs work --queues renders -- ./render.sh";

/** What waits for workers, and which limits hold jobs back. */
export function Queues() {
  const { value, error } = useLive(
    "queues",
    () => get<JobStats>("/stats", { period: "1 day" }),
    () => EVERY_MS,
  );
  const now = useNow(true);
  if (value === undefined) return <Problem error={error} />;
  const { queues, limits, oldest_queued } = value;
  return (
    <>
      <div class="head">
        <h1>Queues</h1>
      </div>
      <Problem error={error} />
      <div class="columns">
        {queues.map((queue) => (
          <QueueCard key={queue.queue} queue={queue} now={now} />
        ))}
      </div>
      {queues.length === 0 && (
        <div class="card empty">
          <p>No step waits for a worker. A worker takes steps of a queue:</p>
          <pre>{EXAMPLE}</pre>
        </div>
      )}
      <section>
        <h2>Limits</h2>
        <div class="card rows">
          {limits.map((use) => (
            <LimitLine key={nameOf(use)} use={use} />
          ))}
          {limits.length === 0 && <p class="empty">No limit holds a job back.</p>}
        </div>
      </section>
      {oldest_queued !== null && (
        <p>
          <a href={hrefOf(["jobs"], { status: "queued" })}>
            The oldest queued job waits for {lengthOf(now - Date.parse(oldest_queued))}.
          </a>
        </p>
      )}
      <p class="quiet">
        {plural(
          queues.reduce((sum, { leased }) => sum + leased, 0),
          "lease",
        )}{" "}
        in all.
      </p>
    </>
  );
}
