import type { FormFields } from "../../blueprint/schemas/answer-form.ts";
import type { Answered } from "../../jobs/job.ts";
import type { Fault } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller, StorageFull } from "./asking.ts";

/** What the registry answers to whoever has the link of a question. */

/** How the question of a link stands. */
export type LinkState =
  /** The job has ended, or what the question stood in: nobody answers it any more. */
  | { is: "gone"; action: Answered["action"] | null }
  /** `is_kept`: an answer came before it. */
  | { is: "not_asked"; job: string; is_kept: boolean }
  | { is: "open"; job: string; message: string; schema: JsonObject; expires_at: number }
  | { is: "answered"; job: string; action: Answered["action"] };

/** What came by the link. A form is read when the question's schema is known. */
export type LinkAnswer =
  | { action: "decline" }
  | { action: "accept"; content: JsonObject }
  | { action: "accept"; form: FormFields };

export type LinkError =
  | { code: "gone" }
  | { code: "already_answered"; action: Answered["action"] | null }
  | { code: "invalid_content"; faults: Fault[] }
  | StorageFull;

export interface LinkApi {
  openLink(caller: Caller, jobId: string, path: string): Promise<LinkState>;
  /** `kept`: the question is not asked yet, and this is looked at when it is. */
  answerLink(
    caller: Caller,
    jobId: string,
    path: string,
    answer: LinkAnswer,
  ): Promise<Result<{ is: "answered" | "kept" }, LinkError>>;
}
