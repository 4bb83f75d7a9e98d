import { describe, expect, it } from "vitest";
import { MIGRATIONS } from "../../../src/registry/storage/migrations/index.ts";
import { migrate } from "../../../src/registry/storage/migrations/migrate.ts";
import { aRequest, CALLER, inRegistry, statusOf } from "../bench.ts";

const schema = (storage: DurableObjectStorage) =>
  storage.sql
    .exec("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name")
    .toArray();

describe("migrate", () => {
  it("changes nothing the second time, and keeps the rows", () =>
    inRegistry(async ({ storage, submit, caller }) => {
      const { id } = await submit();
      const before = schema(storage);
      migrate(storage);
      expect(schema(storage)).toEqual(before);
      expect((await statusOf({ caller }, id)).id).toBe(id);
    }));

  it("applies what is new after what was applied", () =>
    inRegistry(async ({ storage }) => {
      const next = { id: "9999_test", sql: "CREATE TABLE extra (a INTEGER) STRICT" };
      migrate(storage, [...MIGRATIONS, next]);
      migrate(storage, [...MIGRATIONS, next]);
      expect(storage.sql.exec("SELECT id FROM schema_migrations ORDER BY position").toArray().at(-1)).toEqual({
        id: next.id,
      });
    }));

  it("undoes a migration that fails half way", () =>
    inRegistry(async ({ storage }) => {
      const before = schema(storage);
      const broken = { id: "9999_broken", sql: "CREATE TABLE extra (a INTEGER) STRICT; SELECT * FROM nowhere" };
      expect(() => migrate(storage, [...MIGRATIONS, broken])).toThrow("nowhere");
      expect(schema(storage)).toEqual(before);
    }));

  it("refuses to open what a newer build wrote", () =>
    inRegistry(async ({ storage, reopen, caller }) => {
      await caller.submit(CALLER, aRequest());
      storage.sql.exec("INSERT INTO schema_migrations (position, id) VALUES (?, ?)", MIGRATIONS.length, "9999_newer");
      await expect(reopen()).rejects.toThrow("9999_newer");
    }));
});
