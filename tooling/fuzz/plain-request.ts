import fc from "fast-check";

/** A request before anything of its bytes is damaged, and what its parts are drawn from. */

export interface Plain {
  route: string;
  method: string;
  headers: [string, string][];
  body: Buffer;
}

export const oneOf = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
export const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: oneOf(...others) });

export const JSON_TYPE = "application/json";
export const FORM_TYPE = "application/x-www-form-urlencoded";
export const TYPES = [
  "",
  "text/plain",
  "application/json; charset=utf-16",
  "APPLICATION/JSON",
  "application/jsonx",
  "multipart/form-data; boundary=x",
  FORM_TYPE,
  "\xff",
  "a".repeat(4_000),
];
export const METHODS = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
