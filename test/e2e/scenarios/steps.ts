import type { Bench } from "./bench.ts";

/** Steps as these tests write them. */

export const NO_RETRY = { limit: 0 };
/** Retries without a pause. */
export const retry = (limit: number) => ({ limit, delay: "0 seconds", backoff: "fixed" });

export interface Stage {
  http: (id: string, path: string, more?: object) => object;
  /** A step whose requests the service records. */
  effect: (id: string, more?: object) => object;
}

export const stageOf = (bench: () => Bench): Stage => {
  const http = (id: string, path: string, more: object = {}) => {
    return { id, type: "http", url: bench().service.url + path, ...more };
  };
  const effect = (id: string, more: object = {}) => http(id, "/effects", { method: "POST", body: { id }, ...more });
  return { http, effect };
};

export const sleep = (id: string, seconds: number) => ({ id, type: "sleep", for: `${seconds} seconds` });

export const value = (id: string, it: unknown, more: object = {}) => ({ id, type: "transform", value: it, ...more });

const TAG = { type: "object", required: ["tag"], properties: { tag: { type: "string", maxLength: 5 } } };

export const question = (id: string, more: object = {}) => {
  return { id, type: "input", message: "Which tag?", schema: TAG, ...more };
};

export const map = (id: string, over: unknown, steps: object[], more: object = {}) => {
  return { id, type: "map", over, steps, ...more };
};

export const child = (id: string, blueprint: unknown, more: object = {}) => ({ id, type: "job", blueprint, ...more });
