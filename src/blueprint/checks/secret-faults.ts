import { literalTarget } from "../../expression/url-template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { type HostPattern, matchesHost } from "../../lib/http/host-pattern.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import type { Kind } from "../kinds/common.ts";
import { type SecretRef, secretRefs } from "../secret-refs.ts";
import { TERM_FIELDS } from "../terms.ts";

/** A secret that the caller's blueprints may name. */
export interface UsableSecret {
  name: string;
  hosts: readonly HostPattern[];
}

const MISPLACED = {
  message: "a secret cannot stand here: only an http step sends one",
  fix: "Put it into url, auth, or a value of headers, query, form or body of the http step that needs it.",
};

const listed = (usable: readonly UsableSecret[]): string =>
  usable.length === 0
    ? "There is none yet: `edge-jobs secrets set NAME --host HOST` sets one, or the operator lists it in BLUEPRINT_SECRETS."
    : `Use one of ${usable.map(({ name, hosts }) => `${name} (for ${hosts.join(", ")})`).join("; ")}.`;

function refFault(
  { secret }: SecretRef,
  url: Json | undefined,
  usable: readonly UsableSecret[],
): Omit<Fault, "path"> | undefined {
  const found = usable.find(({ name }) => name === secret);
  if (found === undefined) return { message: `there is no secret ${secret}`, fix: listed(usable) };
  const target = typeof url === "string" ? literalTarget(url) : undefined;
  if (target === undefined || found.hosts.some((host) => matchesHost(host, target))) return undefined;
  const message = `the secret ${secret} may not be sent to ${target.host}`;
  return {
    message,
    fix: `It is for ${found.hosts.join(", ")}; whoever set it says where it may be sent.`,
  };
}

/**
 * What is wrong with the secrets that a step names.
 * @param at path of the step
 */
export function secretFaults(step: JsonObject, kind: Kind, at: string, usable: readonly UsableSecret[]): Fault[] {
  return [...kind.templates, ...TERM_FIELDS].flatMap((field) =>
    [...secretRefs(step[field], [field])].flatMap(([keys, ref]) => {
      const fault = kind.sendsSecret?.(keys) === true ? refFault(ref, step.url, usable) : MISPLACED;
      return fault === undefined ? [] : [{ path: jsonPath(at, keys), ...fault }];
    }),
  );
}

/** A result is stored and shown: it has no place for a secret. */
export const outputSecretFaults = (output: Json | undefined, at: string): Fault[] =>
  [...secretRefs(output)].map(([keys]) => ({ path: jsonPath(at, keys), ...MISPLACED }));
