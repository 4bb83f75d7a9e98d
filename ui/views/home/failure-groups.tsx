import type { Failures } from "../../../src/jobs/statistics.ts";
import { hrefOf } from "../../lib/router.ts";

const SHOWN = 6;

/** What failed for one reason, as one. */
export function FailureGroups({ failures }: { failures: readonly Failures[] }) {
  if (failures.length === 0) return null;
  return (
    <section>
      <h2>Why they failed</h2>
      <div class="card rows">
        {failures.slice(0, SHOWN).map(({ blueprint, step, code, message, count, sample }) => (
          <div class="row group" key={`${blueprint} ${step} ${code} ${message}`}>
            <strong class="count bad-ink">{count}</strong>
            <a class="name" href={hrefOf(["jobs", sample])}>
              {message === "" ? code : message}
              <span class="under">
                {blueprint}
                {step !== null && `, at ${step}`}
              </span>
            </a>
            <a class="number optional" href={hrefOf(["jobs"], { status: "failed", blueprint, error_code: code })}>
              all of {code}
            </a>
          </div>
        ))}
      </div>
    </section>
  );
}
