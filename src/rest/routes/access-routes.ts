import * as z from "zod";
import { AuditInput, readAudit } from "../../service/access/read-audit.ts";
import { listRevokedKeys, RevokeInput, revokeKey } from "../../service/access/revoked-keys.ts";
import { answer, answering, defineRoute, type Route } from "../route.ts";

/** What is of the tenant's operator: keys, and what was done with what. */

const RevokedView = z
  .strictObject({ revoked: z.array(z.strictObject({ key_id: z.string(), revoked_at: z.string() })) })
  .meta({ id: "RevokedKeys" });

const RevocationView = z.strictObject({ key_id: z.string(), revoked: z.literal(true) }).meta({ id: "Revocation" });

const AuditView = z
  .strictObject({
    entries: z.array(
      z.strictObject({
        at: z.string(),
        action: z.string(),
        actor: z
          .string()
          .nullable()
          .describe("The key, with `/` and the OAuth client when one called; null: this machine."),
        subject: z.string(),
      }),
    ),
    next_before: z.string().nullable(),
  })
  .meta({ id: "AuditPage" });

const listRoute = defineRoute({
  operation: "keys_list",
  method: "GET",
  path: "/keys",
  summary: "The API keys that were revoked, the newest first.",
  scope: "admin",
  input: z.strictObject({}),
  answers: { 200: { description: "The revoked keys.", schema: RevokedView } },
  refusals: [],
  run: async (_args, context) => answer(await listRevokedKeys(context)),
});

const revokeRoute = defineRoute({
  operation: "keys_revoke",
  method: "POST",
  path: "/keys/revoke",
  summary: "Revoke an API key of the tenant: its next call is refused.",
  scope: "admin",
  input: RevokeInput,
  answers: { 200: { description: "It is revoked.", schema: RevocationView } },
  refusals: [],
  run: async (args, context) => {
    await revokeKey(context, args);
    return answer({ key_id: args.key_id, revoked: true });
  },
});

const auditRoute = defineRoute({
  operation: "audit_read",
  method: "GET",
  path: "/audit",
  summary: "What was done with keys, blueprints, triggers, secrets and jobs within 90 days, the newest first.",
  scope: "admin",
  input: AuditInput,
  answers: { 200: { description: "One page.", schema: AuditView } },
  refusals: [],
  run: answering(readAudit),
});

export const ACCESS_ROUTES: readonly Route[] = [listRoute, revokeRoute, auditRoute];
