import { useEffect, useState } from "preact/hooks";
import { BULK_ACTIONS } from "../../../src/jobs/bulk-state.ts";
import type { Failures } from "../../../src/jobs/statistics.ts";
import type { JobRow, JobStatus } from "../../../src/jobs/view.ts";
import { ApiError, get, post, remove } from "../../lib/api.ts";
import { plural } from "../../lib/format.ts";
import { useAction, useLive } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { hrefOf } from "../../lib/router.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog, DialogEnd } from "../../parts/dialog.tsx";
import { Progress } from "../../parts/status.tsx";
import { type Where, whereOf } from "./job-listing.ts";

export { BULK_ACTIONS };
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const ACTION_NAMES: Record<BulkAction, string> = { cancel: "Cancel", retry: "Retry", delete: "Delete" };

interface BulkProps {
  action: BulkAction;
  onClose: () => void;
  onDone: () => void;
}

interface Counted {
  matched: number;
  truncated: boolean;
  sample: Pick<JobRow, "id" | "status" | "name">[];
  by_error: Failures[];
  bulk_id: string | null;
}

const WAIT_MS = 700;

const readWhere = (query: URLSearchParams): Where => {
  try {
    return whereOf(query);
  } catch {
    throw new ApiError(0, "json", "The filter of metadata is no JSON.");
  }
};

function Sample({ counted: { matched, truncated, sample, by_error } }: { counted: Counted }) {
  return (
    <div class="stack">
      <p>
        <strong>
          {plural(matched, "job")}
          {truncated && " or more"}
        </strong>{" "}
        would change. Others that match are in a status in which nothing can be done to them so.
      </p>
      {by_error.length > 0 && (
        <ul class="plain-list">
          {by_error.slice(0, 5).map(({ count, code, message, blueprint }) => (
            <li key={`${blueprint} ${code} ${message}`}>
              {count} × <code>{code}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <ul class="plain-list quiet">
        {sample.slice(0, 5).map(({ id, name }) => (
          <li key={id}>{name ?? id}</li>
        ))}
        {matched > 5 && <li>and others</li>}
      </ul>
    </div>
  );
}

/** The job that does it tells how far it is. */
function BulkProgress({ id }: { id: string }) {
  const { value } = useLive(
    id,
    () => get<JobStatus>(`/jobs/${id}`),
    ({ completed_at }) => (completed_at === null ? WAIT_MS : 0),
  );
  const result = value?.result ?? undefined;
  return (
    <>
      <Progress share={value?.progress ?? 0} status={value?.status ?? "running"} />
      <p class="quiet" role="status">
        {value?.completed_at ? "It is done." : (value?.message ?? "It goes on in the background.")}{" "}
        {result !== undefined && <code>{JSON.stringify(result)}</code>}{" "}
        <a href={hrefOf(["jobs", id])} class="mono">
          {id}
        </a>
      </p>
    </>
  );
}

function AllDialog({ action, query, onClose, onDone }: BulkProps & { query: URLSearchParams }) {
  const [counted, setCounted] = useState<Counted>();
  const { busy, error, run } = useAction();
  const ask = (dry_run: boolean) =>
    run(async () => setCounted(await post<Counted>("/jobs/bulk", { action, where: readWhere(query), dry_run })));
  useEffect(() => ask(true), []);
  const id = counted?.bulk_id ?? undefined;
  const call = mcpCall("jobs_bulk", { action, where: Object.fromEntries(query), dry_run: false });
  return (
    <Dialog title={`${ACTION_NAMES[action]} all that match`} onClose={id === undefined ? onClose : onDone}>
      {counted !== undefined && id === undefined && <Sample counted={counted} />}
      {id !== undefined && <BulkProgress id={id} />}
      <DialogEnd error={error} onClose={id === undefined ? onClose : onDone}>
        {id === undefined && (
          <Act
            call={call}
            class={action === "retry" ? "primary" : "danger"}
            disabled={busy || counted === undefined || counted.matched === 0}
            onClick={() => ask(false)}
          >
            {ACTION_NAMES[action]} {counted === undefined ? "" : plural(counted.matched, "job")}
          </Act>
        )}
      </DialogEnd>
    </Dialog>
  );
}

const ACTS: Record<BulkAction, (id: string) => Promise<unknown>> = {
  cancel: (id) => post(`/jobs/${id}/cancel`),
  retry: (id) => post(`/jobs/${id}/retry`),
  delete: (id) => remove(`/jobs/${id}`),
};

function SomeDialog({ action, ids, onClose, onDone }: BulkProps & { ids: readonly string[] }) {
  const [done, setDone] = useState(0);
  const [refused, setRefused] = useState<string[]>([]);
  const { busy, error, run } = useAction();
  const isOver = done === ids.length;
  const go = () =>
    run(async () => {
      for (const [i, id] of ids.entries()) {
        await ACTS[action](id).catch((problem: unknown) => {
          setRefused((before) => [...before, `${id}: ${problem instanceof Error ? problem.message : problem}`]);
        });
        setDone(i + 1);
      }
    });
  return (
    <Dialog title={`${ACTION_NAMES[action]} ${plural(ids.length, "job")}`} onClose={done > 0 ? onDone : onClose}>
      {done > 0 && <Progress share={done / ids.length} status={isOver ? "succeeded" : "running"} />}
      <p class="quiet" role="status">
        {isOver ? `${done - refused.length} done, ${refused.length} refused.` : "One after the other."}
      </p>
      {refused.length > 0 && (
        <ul class="plain-list bad-ink">
          {refused.slice(0, 5).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      <DialogEnd error={error} onClose={done > 0 ? onDone : onClose}>
        {!isOver && (
          <Act
            call={mcpCall(`jobs_${action}`, { job_id: ids[0] })}
            class={action === "retry" ? "primary" : "danger"}
            disabled={busy}
            onClick={go}
          >
            {ACTION_NAMES[action]}
          </Act>
        )}
      </DialogEnd>
    </Dialog>
  );
}

/** First what it would do, then that it does it. */
export function BulkDialog({
  query,
  ids = [],
  ...props
}: BulkProps & { query?: URLSearchParams; ids?: readonly string[] }) {
  return query === undefined ? <SomeDialog {...props} ids={ids} /> : <AllDialog {...props} query={query} />;
}
