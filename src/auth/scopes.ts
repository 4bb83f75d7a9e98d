import * as z from "zod";

/** `admin` is for keys, secrets and the audit, and for nothing else. */
export const SCOPES = [
  "jobs:read",
  "jobs:write",
  "blueprints:write",
  "triggers:write",
  "jobs:work",
  "jobs:operate",
  "admin",
] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;
