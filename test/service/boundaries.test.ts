import { readWith } from "../../src/blueprint/faults/zod-faults.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { PutSecretInput } from "../../src/service/access/tenant-secrets.ts";
import { SubmitInput } from "../../src/service/submit-draft.ts";
import { ClaimInput } from "../../src/service/workers/claim-work.ts";
import { ReportInput } from "../../src/service/workers/report-work.ts";
import { atBound } from "../support/boundaries.ts";

/** The faults of the arguments, as lines. */
function refusalOf(
  schema: typeof ClaimInput | typeof ReportInput | typeof PutSecretInput,
  args: JsonObject,
): string | undefined {
  const read = readWith("$", schema, args);
  return read.ok ? undefined : read.error.map(({ path, message }) => `${path}: ${message}`).join("\n");
}
const claiming = (more: JsonObject) => refusalOf(ClaimInput, { queues: ["q"], ...more });
const reporting = (more: JsonObject) => refusalOf(ReportInput, { claim: "c", action: "heartbeat", ...more });
const failing = (code: string) => reporting({ action: "fail", error: { message: "m", code } });
const letters = (count: number): string => "a".repeat(count);

const setting = (hosts: string[]) => refusalOf(PutSecretInput, { name: "TOKEN", value: "a secret", hosts });

atBound("MAX_SECRET_HOSTS", {
  of: "a secret of a tenant",
  refusal: /^\$\.hosts: .*at most 20/,
  attempt: (count) => setting(Array.from({ length: count }, (_, n) => `h${n}.example.com`)),
});

atBound("MAX_HOST_CHARS", {
  of: "a host that a secret may be sent to",
  refusal: /^\$\.hosts\[0\]: must have at most 262 characters/,
  attempt: (chars) => setting([letters(chars)]),
});

atBound("MAX_CLAIMS", {
  of: "one call of work_claim",
  refusal: /^\$\.max: must be at most 20/,
  attempt: (max) => claiming({ max }),
});

atBound("MAX_CLAIM_QUEUES", {
  of: "one call of work_claim",
  refusal: /^\$\.queues: has 11 elements, more than 10|^\$\.queues: .*10/,
  attempt: (count) => claiming({ queues: Array.from({ length: count }, (_, n) => `q${n}`) }),
});

atBound("MAX_WORKER_NAME_CHARS", {
  of: "a worker's name",
  refusal: /^\$\.worker: must have at most 100 characters/,
  attempt: (chars) => claiming({ worker: letters(chars) }),
});

atBound("MAX_CLAIM_CHARS", {
  of: "a claim",
  refusal: /^\$\.claim: must have at most 512 characters/,
  attempt: (chars) => reporting({ claim: letters(chars) }),
});

atBound("MAX_WORKER_CODE_CHARS", {
  of: "a worker's error",
  refusal: /^\$\.error\.code: must be a word/,
  attempt: (chars) => failing(letters(chars)),
});

atBound("MAX_BATCH_JOBS", {
  of: "one submit",
  refusal: /^\$\.inputs: .*1000/,
  attempt: (count) => {
    const read = readWith("$", SubmitInput, { blueprint: "double", inputs: Array.from({ length: count }, () => ({})) });
    return read.ok ? undefined : read.error.map(({ path, message }) => `${path}: ${message}`).join("\n");
  },
});
