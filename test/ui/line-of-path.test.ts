import { expect, it } from "vitest";
import { lineOfPath } from "../../ui/views/blueprints/line-of-path.ts";

const TEXT = `{
  "name": "a, [b] {c}",
  "steps": [
    { "id": "one", "type": "http" },
    {
      "id": "two",
      "steps": [{ "id": "in", "value": "say \\"steps\\": [" },
        { "id": "other", "value": [1, [2, 3]] }],
      "url": 1
    }
  ]
}`;

it.each([
  ["steps[0].type", '"type": "http"'],
  ["steps[1]", "{"],
  ["steps[1].url", '"url": 1'],
  ["steps[1].steps[1].value[1][0]", '"other"'],
  ["steps[1].none", "{"],
  ['["name"]', '"name"'],
  ["none", "{"],
])("the fault of %s stands at the line of what it is about", (path, line) => {
  expect(TEXT.split("\n")[lineOfPath(TEXT, path)]).toContain(line);
});

it("a path that goes on where the text does not is of the deepest part that is there", () => {
  expect(lineOfPath(TEXT, "steps[1].url.deep[3]")).toBe(8);
  expect(lineOfPath(TEXT, "steps[7].id")).toBe(2);
  expect(lineOfPath("no JSON", "steps")).toBe(0);
});
