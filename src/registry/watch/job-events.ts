import { eventsOf } from "../../events/job-facts.ts";
import type { Job } from "../../jobs/job.ts";
import type { RegistryContext } from "../context.ts";
import type { StoreObserver } from "../storage/job-store.ts";

/** Records what jobs bring about, in the transaction that makes it true. */
export const recordJobEvents = ({ tables, eventLog, store, now }: RegistryContext): StoreObserver => ({
  onWritten(before: Job | undefined, after: Job | undefined) {
    if (before === undefined || after === undefined) return;
    const at = now();
    if (eventLog.listeningUntil <= at && !tables.triggers.hasEvents) return;
    for (const event of eventsOf(before, after, () => tables.values.result(after), at)) store.append(event);
  },
});
