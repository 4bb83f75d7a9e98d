import * as z from "zod";
import {
  DeleteSecretInput,
  deleteSecret,
  listSecrets,
  PutSecretInput,
  putSecret,
} from "../../service/access/tenant-secrets.ts";
import { answer, answering, created, defineRoute, type Route } from "../route.ts";

/** What blueprints of the tenant may send. Only here: a value must not pass through a model's context. */

const SecretView = z
  .strictObject({ name: z.string(), hosts: z.array(z.string()), updated_at: z.string() })
  .meta({ id: "Secret" });

const SecretsView = z
  .strictObject({
    secrets: z.array(SecretView),
    need_previous: z
      .int()
      .describe("Secrets, those of subscriptions too, that AUTH_SECRET_PREVIOUS is still needed for."),
  })
  .meta({ id: "Secrets" });

const listRoute = defineRoute({
  operation: "secrets_list",
  method: "GET",
  path: "/secrets",
  summary: "Names of the tenant's secrets and where each may be sent; never their values.",
  scope: "admin",
  input: z.strictObject({}),
  answers: { 200: { description: "The secrets, by name.", schema: SecretsView } },
  refusals: [],
  run: async (_args, context) => answer(await listSecrets(context)),
});

const putRoute = defineRoute({
  operation: "secrets_set",
  method: "PUT",
  path: "/secrets/{name}",
  summary: 'Set a secret, or replace it: blueprints of the tenant send it as {"secret": "NAME"} to these hosts.',
  scope: "admin",
  input: PutSecretInput,
  answers: {
    201: { description: "It is set.", schema: SecretView },
    200: { description: "It was there, and is replaced.", schema: SecretView },
  },
  refusals: ["secrets_unavailable", "too_many_secrets", "storage_full"],
  run: async (args, context) => {
    const put = await putSecret(context, args);
    if (!put.ok) return put;
    const { created: isNew, ...secret } = put.value;
    return isNew ? created(secret, "/secrets") : answer(secret);
  },
});

const deleteRoute = defineRoute({
  operation: "secrets_delete",
  method: "DELETE",
  path: "/secrets/{name}",
  summary: "Delete a secret. Steps that name it fail from then on, unless the operator bound one of that name.",
  scope: "admin",
  input: DeleteSecretInput,
  answers: { 200: { description: "It is deleted.", schema: z.strictObject({ deleted: z.literal(true) }) } },
  refusals: ["unknown_secret"],
  run: answering(deleteSecret),
});

export const SECRET_ROUTES: readonly Route[] = [listRoute, putRoute, deleteRoute];
