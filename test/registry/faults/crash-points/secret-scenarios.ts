import { expect } from "vitest";
import { CALLER } from "../../bench.ts";
import type { Scenario } from "./runner-scenarios.ts";
import type { Stage } from "./stage.ts";

const secretOf = (sealed: string) => ({ name: "TOKEN", sealed, hosts: ["api.example.com"] });

const set = (stage: Stage, sealed: string) =>
  stage.ask("set", (api) => api.secrets.putSecret({ ...CALLER, actor: "key" }, secretOf(sealed)));

const kept = async (stage: Stage) =>
  (await stage.ask("look", (api) => api.secrets.sealedSecrets())).map(({ sealed }) => sealed);

const audited = ({ world }: Stage): unknown[] =>
  world.storage.sql
    .exec("SELECT action FROM audit ORDER BY seq")
    .toArray()
    .map(({ action }) => action);

/** Secrets that a tenant sets for itself. */
export const SECRET_SCENARIOS: Record<string, Scenario> = {
  "set and replace a secret": async (stage) => {
    await stage.danger(() => set(stage, "new.1.a"));
    expect(await kept(stage)).toEqual(["new.1.a"]);
    await set(stage, "new.1.b");
    expect(await kept(stage)).toEqual(["new.1.b"]);
    expect(audited(stage)).toEqual(["secret_set", "secret_set"]);
  },

  "delete a secret": async (stage) => {
    await set(stage, "new.1.a");
    await stage.danger(() => stage.ask("delete", (api) => api.secrets.deleteSecret(CALLER, "TOKEN")));
    expect(await kept(stage)).toEqual([]);
    expect(audited(stage)).toEqual(["secret_set", "secret_deleted"]);
  },

  "seal a secret again under a new AUTH_SECRET": async (stage) => {
    await set(stage, "old.1.a");
    await stage.world.restart();
    await stage.danger(() => stage.world.ring());
    await stage.ringUntil(async () => (await kept(stage))[0] === "new.1.a");
    expect(audited(stage)).toEqual(["secret_set"]);
  },
};
