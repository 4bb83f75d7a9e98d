import type { JobChange } from "../../registry/api/followed-changes.ts";
import { detailedTask, type Keeping, pastTask } from "../replies/task.ts";
import type { Wanted } from "./request.ts";

/** Which notifications a change of a job leads to. */

export interface Notification {
  method: string;
  params: { [field: string]: unknown };
}

const JOB_URI = /^job:\/\/([^/?#]+)(?:\/(result|events))?$/;

interface Resource {
  uri: string;
  part: "job" | "result" | "events";
}

/** What is wanted of one job. */
interface Interest {
  resources: Resource[];
  isTask: boolean;
}

/** By job id. A URI that is of no job is of no interest. */
export function interestsOf({ uris, taskIds }: Wanted): Map<string, Interest> {
  const interests = new Map<string, Interest>();
  const of = (jobId: string): Interest => {
    const known = interests.get(jobId) ?? { resources: [], isTask: false };
    interests.set(jobId, known);
    return known;
  };
  for (const uri of uris) {
    const [, jobId, part = "job"] = JOB_URI.exec(uri) ?? [];
    if (jobId !== undefined) of(jobId).resources.push({ uri, part: part as Resource["part"] });
  }
  for (const taskId of taskIds) of(taskId).isTask = true;
  return interests;
}

/** Of what is wanted, that which there is; a kind of which there is nothing is left out. */
export function honoured({ uris, taskIds }: Wanted, jobIds: ReadonlySet<string>) {
  const resourceSubscriptions = uris.filter((uri) => jobIds.has(JOB_URI.exec(uri)?.[1] ?? ""));
  const tasks = taskIds.filter((id) => jobIds.has(id));
  return {
    ...(resourceSubscriptions.length > 0 && { resourceSubscriptions }),
    ...(tasks.length > 0 && { taskIds: tasks }),
  };
}

/** A result is there from the moment on in which its job succeeds. */
const touches = ({ status }: JobChange, part: Resource["part"]): boolean => part !== "result" || status === "succeeded";

/**
 * @param isFirst it only says how the job stood when the listening began: news for a task's reader, who has asked for
 *   states, and none for a resource's
 */
export function notificationsOf(
  change: JobChange,
  interest: Interest,
  isFirst: boolean,
  keeping: Keeping,
): Notification[] {
  const { job_id } = change;
  const updated = isFirst ? [] : interest.resources.filter(({ part }) => touches(change, part));
  const task = "job" in change ? detailedTask(change.job, keeping) : pastTask(job_id, change.past, keeping);
  return [
    ...updated.map(({ uri }) => ({ method: "notifications/resources/updated", params: { uri } })),
    ...(interest.isTask ? [{ method: "notifications/tasks", params: { ...task } }] : []),
  ];
}
