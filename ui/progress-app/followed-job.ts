import { isSettled } from "../../src/jobs/status.ts";
import type { JobStatus, StepView } from "../../src/jobs/view.ts";
import { ApiError } from "../lib/api.ts";
import type { Embedding, ToolResult } from "./embedding.ts";

/** Looks come no closer than this, whatever the server proposes; ms. */
const FASTEST_MS = 1_000;
const SLOWEST_MS = 30_000;
const AFTER_ERROR_MS = 10_000;

export interface Followed {
  /** null: what came is not of one job. undefined: nothing has come. */
  job: JobStatus | null | undefined;
  /** What the last look or button met; shown until the next one works. */
  error: ApiError | undefined;
}

const EMPTY_JOB = {
  ...{ started_at: null, completed_at: null, expires_at: null, parent_id: null, retried_from: null },
  ...{ result: null, error: null, error_code: null, step: null, message: null },
  ...{ metadata: {}, input_requests: [] },
} satisfies Partial<JobStatus>;
const EMPTY_STEP = { started_at: null, completed_at: null, error: null } satisfies Partial<StepView>;

type Shown = Omit<JobStatus, keyof typeof EMPTY_JOB | "steps"> & { steps?: Omit<StepView, keyof typeof EMPTY_STEP>[] };

const isShown = (found: unknown): found is Shown =>
  typeof found === "object" && found !== null && "id" in found && typeof found.id === "string";

/** The job of a tool's reply, which leaves out what is empty. @returns undefined: it is of none, or of several */
function jobOf(found: unknown): JobStatus | undefined {
  if (!isShown(found)) return undefined;
  const { steps, ...job } = found;
  return { ...EMPTY_JOB, ...job, ...(steps && { steps: steps.map((step) => ({ ...EMPTY_STEP, ...step })) }) };
}

/** @throws what the tool says, where it refuses */
function structuredOf({ isError, content, structuredContent }: ToolResult): unknown {
  if (!isError) return structuredContent;
  const text = content?.find(({ type }) => type === "text")?.text ?? "The tool failed.";
  throw new ApiError(0, "tool", text);
}

const asError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, "host", error instanceof Error ? error.message : String(error));

/** The job whose reply this page is the view of, looked at again and again until it has settled. */
export class FollowedJob {
  readonly #host: Embedding;
  readonly #onChange: (followed: Followed) => void;
  #now: Followed = { job: undefined, error: undefined };
  #timer: number | undefined;
  /** Each call and each job that is followed makes what came before it stale. */
  #turn = 0;

  constructor(host: Embedding, onChange: (followed: Followed) => void) {
    this.#host = host;
    this.#onChange = onChange;
  }

  get #canCall(): boolean {
    return this.#host.capabilities.serverTools !== undefined;
  }

  begin(found: unknown): void {
    this.stop();
    const job = jobOf(found);
    if (job === undefined) this.#show({ job: null, error: undefined });
    else {
      this.#take(job);
      if (this.#canCall && job.steps === undefined) void this.#look();
    }
  }

  stop(): void {
    this.#turn++;
    window.clearTimeout(this.#timer);
  }

  /** Calls a tool, then shows how the job stands. @throws what the tool says, where it refuses */
  async act(tool: string, args: object): Promise<void> {
    this.stop();
    try {
      structuredOf(await this.#host.callTool(tool, args));
    } catch (error) {
      this.#lookIn(AFTER_ERROR_MS);
      throw asError(error);
    }
    await this.#look();
  }

  async #look(): Promise<void> {
    const { job } = this.#now;
    if (!job) return;
    this.stop();
    const mine = this.#turn;
    try {
      const args = { job_id: job.id, include: ["steps"] };
      const found = jobOf(structuredOf(await this.#host.callTool("jobs_get_status", args)));
      if (mine === this.#turn && found !== undefined) this.#take(found);
    } catch (error) {
      if (mine !== this.#turn) return;
      this.#show({ job, error: asError(error) });
      this.#lookIn(AFTER_ERROR_MS);
    }
  }

  #lookIn(ms: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#look(), Math.min(SLOWEST_MS, Math.max(FASTEST_MS, ms)));
  }

  #take(next: JobStatus): void {
    const { job } = this.#now;
    const hasEnded = job?.id === next.id && !isSettled(job.status) && isSettled(next.status);
    this.#show({ job: next, error: undefined });
    if (hasEnded) this.#tellModel(next);
    if (this.#canCall && !isSettled(next.status)) this.#lookIn(next.poll_after_ms);
  }

  #tellModel({ id, status }: JobStatus): void {
    const ended = status === "cancelled" ? "been cancelled" : status;
    // A host that does not take it shows the end to its user all the same.
    this.#host.tellModel(`Job ${id} has ${ended}; jobs_get_status has the rest.`).catch(() => {});
  }

  #show(followed: Followed): void {
    this.#now = followed;
    this.#onChange(followed);
  }
}
