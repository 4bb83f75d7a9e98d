interface Middle {
  /** Between two effects. */
  wait: object;
  /** What stands in the keys of effects amid it, after the job's id. */
  effects?: string[];
}

export type Middles = ReturnType<typeof middles>;

/**
 * Plans by what a job of release 0.1.0 is at when its server is killed: it acts, comes to a step `wait`, and acts again.
 * @param url of the service that they act on
 */
export function middles(url: string) {
  const get = (id: string, path: string, more: object = {}): object => {
    return { id, type: "http", url: `${url}${path}`, timeout: "8 seconds", ...more };
  };
  const effect = (id: string): object => get(id, "/effects", { method: "POST", body: { step: id } });
  const nap = { id: "wait", type: "sleep", for: "9 seconds" };
  const child = { name: "child", steps: [effect("inner"), nap, effect("late")] };
  const left = [effect("left"), { ...nap, id: "left_nap" }];
  const row = [effect("first"), get("slow", "/slow?ms=2500&of={% $item %}"), effect("last")];
  const found: Record<string, Middle> = {
    acting: { wait: get("wait", "/slow?ms=5000&of=acting") },
    sleeping: { wait: nap },
    asking: { wait: { id: "wait", type: "input", message: "Go on?", schema: { type: "object", properties: {} } } },
    retrying: { wait: get("wait", "/flaky?key=upgrade&times=1", { retry: { limit: 3, delay: "9 seconds" } }) },
    parent: { wait: { id: "wait", type: "job", blueprint: child } },
    rows: {
      wait: { id: "wait", type: "map", over: ["a", "b", "c", "d"], concurrency: 2, steps: row },
      effects: [0, 1, 2, 3].flatMap((i) => [`wait[${i}].first`, `wait[${i}].last`]),
    },
    branches: {
      wait: { id: "wait", type: "parallel", branches: { left, right: [get("right", "/slow?ms=5000&of=branch")] } },
      effects: ["wait.left.left"],
    },
  };
  const plan = ([name, { wait }]: [string, Middle]) => [
    name,
    { name, steps: [effect("before"), wait, effect("after")] },
  ];
  return {
    all: Object.fromEntries(Object.entries(found).map(plan)) as Record<string, object>,
    /** What the job of the plan must have done in the end. */
    effects: (name: string): string[] => ["before", "after", ...(found[name]?.effects ?? [])].sort(),
    short: (name: string): object => ({ name, steps: [effect("only")] }),
  };
}
