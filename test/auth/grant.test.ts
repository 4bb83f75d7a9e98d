import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { fingerprint, readGrant } from "../../src/auth/oauth.ts";
import type { Env } from "../../src/env.ts";
import { NOW, SECRET } from "./keys.ts";

const { OAUTH_KV } = env as unknown as Env;
const SECOND = "the second secret of the tests, 32 characters";
const GRANT = { tenant: "acme", key_id: "key_0123456789abcdef01234567", expires_at: NOW + 1_000 };
const FIRST_ONLY = { current: SECRET };
const ROTATED = { current: SECOND, previous: SECRET };
const SECOND_ONLY = { current: SECOND };

const read = (props: unknown, secrets: { current: string; previous?: string }, now = NOW) =>
  readGrant(props, secrets, OAUTH_KV, now);

const names = async () => (await OAUTH_KV.list()).keys.map(({ name }) => name);

beforeEach(async () => {
  for (const name of await names()) await OAUTH_KV.delete(name);
});

describe("a grant of release 0.1.0, which names no secret", () => {
  it("is good while the secret that was in use when it was first met is, and ends with it", async () => {
    for (const secrets of [FIRST_ONLY, FIRST_ONLY, ROTATED]) expect(await read(GRANT, secrets)).toEqual(GRANT);
    expect(await read(GRANT, SECOND_ONLY)).toBeUndefined();
  });

  it("that is met amid a rotation is of the secret before", async () => {
    expect(await read(GRANT, ROTATED)).toEqual(GRANT);
    expect(await read(GRANT, SECOND_ONLY)).toBeUndefined();
  });

  it("ends with the API key behind it", async () => {
    expect(await read(GRANT, FIRST_ONLY, NOW + 1_000)).toBeUndefined();
  });
});

it("a grant that names its secret ends with that, and leaves no record", async () => {
  const named = { ...GRANT, secret: await fingerprint(SECRET) };
  expect(await read(named, ROTATED)).toEqual(named);
  expect(await read(named, SECOND_ONLY)).toBeUndefined();
  expect(await names()).toEqual([]);
});
