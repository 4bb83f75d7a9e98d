import { z } from "zod";
import { JobStatus } from "../src/jobs/view.ts";

const StatusReply = z.object(JobStatus.shape);

/** What tools leave out of a reply because it is nothing; a submit also leaves out what its caller knows. */
const LEFT_OUT: Partial<JobStatus> = {
  name: "",
  blueprint: "",
  submitted_at: "",
  started_at: null,
  completed_at: null,
  metadata: {},
  result: null,
  error: null,
  error_code: null,
  step: null,
  message: null,
  input_requests: [],
  parent_id: null,
  retried_from: null,
  expires_at: null,
};

const Fields = z.looseObject({});
/** Of each of its steps and events. */
const NO_STEP_FIELDS = { started_at: null, completed_at: null, error: null };
const NO_EVENT_FIELDS = { step: null, message: null };

const filled = (rows: unknown, leftOut: object) =>
  z
    .array(Fields)
    .parse(rows)
    .map((row) => ({ ...leftOut, ...row }));

/** A job from the structured content of a tool that answers with one; further fields of the reply are dropped. */
export function readStatus(structured: unknown): JobStatus {
  const { steps, events, ...fields } = Fields.parse(structured);
  return StatusReply.parse({
    ...LEFT_OUT,
    ...fields,
    ...(steps !== undefined && { steps: filled(steps, NO_STEP_FIELDS) }),
    ...(events !== undefined && { events: filled(events, NO_EVENT_FIELDS) }),
  });
}
