import fc from "fast-check";

/** What goes wrong with a body on its way, whatever it says. */

const BAD_BYTES = [
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0],
  [0xe2, 0x82],
];

/** Faults of the bytes, whatever they mean. */
export const damage: fc.Arbitrary<(body: Buffer) => Buffer> = fc.oneof(
  { weight: 30, arbitrary: fc.constant((body: Buffer) => body) },
  { weight: 2, arbitrary: fc.nat(1_000).map((at) => (body: Buffer) => body.subarray(0, at % (body.length + 1))) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(1_000), fc.constantFrom(...BAD_BYTES)).map(
      ([at, bytes]) =>
        (body: Buffer) =>
          Buffer.concat([
            body.subarray(0, at % (body.length + 1)),
            Buffer.from(bytes),
            body.subarray(at % (body.length + 1)),
          ]),
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => () => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(" ", "\n\n", "x", "}", "\0")
      .map((added) => (body: Buffer) => Buffer.concat([body, Buffer.from(added)])),
  },
);

export type Framing = "length" | "chunked" | "cut" | "bad chunk";

/** The body as it goes over the wire, and the header that announces it. */
export function framed(body: Buffer, framing: Framing): { header: string; content: Buffer } {
  const half = Math.ceil(body.length / 2);
  const chunk = (part: Buffer) =>
    Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  const parts = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0).map(chunk);
  switch (framing) {
    case "length":
      return { header: `Content-Length: ${body.length}`, content: body };
    case "chunked":
      return { header: "Transfer-Encoding: chunked", content: Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]) };
    case "cut":
      return { header: `Content-Length: ${body.length + 100}`, content: body };
    case "bad chunk":
      return { header: "Transfer-Encoding: chunked", content: Buffer.concat([...parts, Buffer.from("zz\r\n")]) };
    default:
      return framing satisfies never;
  }
}
