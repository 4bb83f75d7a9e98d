import type { JsonObject } from "../../src/lib/json.ts";

/** Plans that cost as much as a tenant can make one cost: each kept version 0.1.0, or could keep it, from its neighbours. */

const transform = (id: string, value: string): JsonObject => ({ id, type: "transform", value: `{% ${value} %}` });

function nested(levels: number, over: string, inner: JsonObject): JsonObject {
  if (levels === 0) return inner;
  const steps = [nested(levels - 1, over, inner)];
  return { id: `m${levels}`, type: "map", over: `{% ${over} %}`, concurrency: 20, steps };
}

/** Each row is checked against each of its alternatives, all of which fail but the last. */
const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    rows: {
      type: "array",
      uniqueItems: true,
      items: {
        anyOf: [
          ...Array.from({ length: 20 }, (_, i) => ({ properties: { k: { const: `${i}` } }, required: ["k"] })),
          { type: "object" },
        ],
      },
    },
  },
};

/** Lists of steps, by what they are heavy in. `http` is the address of a service that answers each request. */
export const heavySteps = (http: string): Record<string, JsonObject[]> => {
  const sum = transform("t", "$sum([1..6000].($ * 7919 % 10007))");
  const big = transform("big", "[1..9000].{'n': $, 't': 'some text', 'k': $ % 100}");
  const padded: JsonObject = {
    ...{ id: "held", type: "map", over: "{% [1..30] %}", concurrency: 20 },
    steps: [transform("pad", "$pad('', 500000, 'x')")],
  };
  const map20 = (id: string, over: string, inner: JsonObject): JsonObject => ({
    ...{ id, type: "map", over: `{% ${over} %}`, concurrency: 20 },
    steps: [inner],
  });
  const fork = (name: string, rows: number, step: JsonObject): JsonObject => ({
    ...{ id: `m_${name}`, type: "map", over: `{% [1..${rows}] %}`, concurrency: 20 },
    steps: [{ id: `j_${name}`, type: "job", blueprint: { name, steps: [step] } }],
  });
  const count = { id: "h", type: "http", url: `${http}/fine` };
  const kept = { id: "k", type: "store", key: "{% 'k' & $index %}", value: "{% $pad('', 60000, 'x') %}" };
  const counts = { id: "m", type: "map", over: "{% [1..10] %}", concurrency: 10, steps: [count] };
  return {
    "maps in maps": [nested(2, "[1..20]", sum)],
    "maps in maps of long sums": [nested(2, "[1..20]", transform("t", "$sum([1..9000].($ * 7919 % 10007))"))],
    "three levels of maps": [nested(3, "[1..20]", sum)],
    "padded texts": [
      {
        ...{ id: "m1", type: "map", over: "{% [1..20] %}", concurrency: 20 },
        steps: [
          {
            ...{ id: "m0", type: "map", over: "{% [1..30] %}", concurrency: 20 },
            steps: [transform("t", "$pad('', 500000, 'x')")],
          },
        ],
      },
    ],
    sorts: [big, nested(2, "[1..20]", transform("t", "$sort($steps.big, function($a, $b) { $a.k > $b.k })[0].n"))],
    groups: [big, nested(2, "[1..20]", transform("t", "$count($keys($steps.big{$string(n): k}))"))],
    "distinct values": [big, nested(2, "[1..20]", transform("t", "$count($distinct($steps.big))"))],
    "regular expressions": [
      nested(2, "[1..20]", transform("t", "$count($match($pad('', 6000, 'ab'), /(a|b)*?a(a|b)*?b/))")),
    ],
    "texts and back": [big, nested(2, "[1..20]", transform("t", "$length($string($steps.big))"))],
    recursion: [
      nested(2, "[1..20]", transform("t", "($f := function($n) { $n < 2 ? 1 : $f($n - 1) + $f($n - 2) }; $f(18))")),
    ],
    "endless recursion": [nested(2, "[1..20]", transform("t", "($f := function($n) { $f($n + 1) }; $f(1))"))],
    "many branches": [
      {
        ...{ id: "p", type: "parallel" },
        branches: Object.fromEntries(
          Array.from({ length: 20 }, (_, i) => [
            `b${i}`,
            [{ id: `m_${i}`, type: "map", over: "{% [1..450] %}", concurrency: 20, steps: [{ ...sum, id: `t_${i}` }] }],
          ]),
        ),
      },
    ],
    "joins of lists": [
      big,
      nested(2, "[1..20]", transform("t", "$count($steps.big[k = 7].(  $n := n; $steps.big[n = $n + 1] ))")),
    ],
    "merged objects": [big, nested(2, "[1..20]", transform("t", "$count($keys($merge($steps.big.{$string(n): k})))"))],
    "large children": [
      {
        ...{ id: "m_large", type: "map", over: "{% [1..3] %}", concurrency: 20 },
        steps: [{ id: "j_large", type: "job", blueprint: { name: "large", steps: [padded, transform("gist", "1")] } }],
      },
    ],
    schemas: [
      big,
      {
        ...{ id: "m_schema", type: "map", over: "{% [1..20] %}", concurrency: 20 },
        steps: [
          {
            ...{ id: "j_schema", type: "job", input: { rows: "{% $steps.big[[0..300]] %}" } },
            blueprint: { name: "schema", input: SCHEMA, steps: [transform("n", "$count($input.rows)")] },
          },
        ],
      },
    ],
    forks: [fork("a", 12, fork("b", 10, counts))],
    "children with large inputs": [
      transform("big", "$pad('', 250000, 'x')"),
      // A hundred: each has an instance of the local engine, of half a MiB.
      map20(
        "m_fed",
        "[1..20]",
        map20("n_fed", "[1..5]", {
          ...{ id: "j_fed", type: "job", input: { x: "{% $steps.big %}" } },
          blueprint: { name: "fed", steps: [transform("t", "1")] },
        }),
      ),
    ],
    "base64 and back": [
      transform("text", "$pad('', 350000, 'x')"),
      nested(2, "[1..20]", transform("t", "$length($base64decode($base64encode($steps.text)))")),
    ],
    "rounds with a large state": [
      nested(1, "[1..20]", {
        ...{ id: "r", type: "repeat", limit: 10_000, state: "{% {'n': 0, 'text': $pad('', 480000, 'x')} %}" },
        ...{ next: "{% {'n': $state.n + 1, 'text': $state.text} %}", steps: [transform("t", "$state.n")] },
      }),
    ],
    "a store of large values": [map20("outer", "[1..20]", map20("inner", "[1..400]", kept))],
    "effects that are taken back": [
      nested(1, "[1..20]", { ...kept, undo: { type: "store", key: "{% 'k' & $index %}", value: null } }),
      { id: "e", type: "end", as: "failed" },
    ],
    "many rows of small work": [nested(2, "[1..450]", transform("t", "1"))],
  };
};
