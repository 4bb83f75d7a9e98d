import { useState } from "preact/hooks";
import { JOB_STATUSES } from "../../../src/jobs/status.ts";
import { useCommitted } from "../../lib/committed.ts";
import { place, refine } from "../../lib/router.ts";
import { FILTERS } from "./job-listing.ts";

function Statuses() {
  const picked = place.value.query.getAll("status")[0] ?? "";
  return (
    <fieldset class="chips" aria-label="Status">
      {["", ...JOB_STATUSES].map((status) => (
        <button key={status} type="button" aria-pressed={picked === status} onClick={() => refine({ status })}>
          {status === "" ? "all" : status.replace("_", " ")}
        </button>
      ))}
    </fieldset>
  );
}

type Filter = (typeof FILTERS)[number];

function Field({ name, label, hint }: Filter) {
  const value = place.value.query.get(name) ?? "";
  return (
    <label class="field">
      <span>{label}</span>
      <input name={name} placeholder={hint} {...useCommitted(value, (text) => refine({ [name]: text }))} />
    </label>
  );
}

/** What a job must be like. All of it stands in the URL. */
export function Filters() {
  const { query } = place.value;
  const [, ...others] = FILTERS;
  const set = others.filter(({ name }) => (query.get(name) ?? "") !== "");
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="filters">
      <Statuses />
      <input
        type="search"
        aria-label="Text"
        placeholder="Name, description, metadata or error   ( / )"
        data-search
        {...useCommitted(query.get("text") ?? "", (text) => refine({ text }))}
      />
      <button type="button" class="more" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Filters
      </button>
      {isOpen && (
        <div class="grid-fields">
          {others.map((filter) => (
            <Field key={filter.name} {...filter} />
          ))}
        </div>
      )}
      {!isOpen && set.length > 0 && (
        <p class="chips set">
          {set.map(({ name, label }) => (
            <button key={name} type="button" aria-label={`Without ${label}`} onClick={() => refine({ [name]: "" })}>
              {label.toLowerCase()} <b>{query.get(name)}</b> ×
            </button>
          ))}
        </p>
      )}
    </div>
  );
}
