const ENTRY = /^([\w-]+)=(.*)$/;

/** `name=value` with commas between, values in percent-encoding, as OTEL_EXPORTER_OTLP_HEADERS has it; undefined when it is not that. */
export function headerList(text: string): Record<string, string> | undefined {
  const entries = text.split(",").flatMap((entry) => entry.trim() || []);
  try {
    const headers = entries.map((entry) => {
      const [, name, value = ""] = ENTRY.exec(entry) ?? [];
      return name === undefined ? undefined : ([name, decodeURIComponent(value)] as const);
    });
    const known = headers.filter((header) => header !== undefined);
    return known.length === headers.length ? Object.fromEntries(known) : undefined;
  } catch {
    return undefined;
  }
}
