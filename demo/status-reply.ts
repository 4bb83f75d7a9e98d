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

/** A job from the structured content of a tool that answers with one; further fields of the reply are dropped. */
export const readStatus = (structured: unknown): JobStatus =>
  StatusReply.parse({ ...LEFT_OUT, ...z.looseObject({}).parse(structured) });
