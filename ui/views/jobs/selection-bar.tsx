import { useState } from "preact/hooks";
import type { JobRow } from "../../../src/jobs/view.ts";
import { plural } from "../../lib/format.ts";
import { ACTION_NAMES, BULK_ACTIONS, type BulkAction, BulkDialog } from "./bulk-dialog.tsx";

interface SelectionProps {
  query: URLSearchParams;
  jobs: readonly JobRow[];
  selected: ReadonlySet<string>;
  clear: () => void;
  onDone: () => void;
}

/** What can be done to the jobs that are selected, or to all that match. */
export function SelectionBar({ query, jobs, selected, clear, onDone }: SelectionProps) {
  const [isAll, setAll] = useState(false);
  const [action, setAction] = useState<BulkAction>();
  // What a dialog does may leave no job to select: it stays.
  if (action === undefined && (jobs.length === 0 || (selected.size === 0 && !isAll))) {
    return jobs.length === 0 ? null : (
      <p class="selection quiet">
        <button type="button" class="plain" onClick={() => setAll(true)}>
          Select all that match
        </button>
      </p>
    );
  }
  const drop = () => {
    setAll(false);
    clear();
  };
  return (
    <div class="selection card">
      <strong>{isAll ? "All that match" : plural(selected.size, "job")}</strong>
      {!isAll && (
        <button type="button" class="plain" onClick={() => setAll(true)}>
          Select all that match
        </button>
      )}
      <button type="button" class="plain" onClick={drop}>
        None
      </button>
      <span class="buttons">
        {BULK_ACTIONS.map((each) => (
          <button
            key={each}
            type="button"
            class={each === "retry" ? "" : "danger"}
            onClick={() => setAction(each)}
          >{`${ACTION_NAMES[each]}...`}</button>
        ))}
      </span>
      {action !== undefined && (
        <BulkDialog
          action={action}
          {...(isAll ? { query } : { ids: [...selected] })}
          onClose={() => setAction(undefined)}
          onDone={() => {
            setAction(undefined);
            drop();
            onDone();
          }}
        />
      )}
    </div>
  );
}
