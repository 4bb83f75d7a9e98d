const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = `(?<month>${MONTHS.join("|")})`;
const TIME = "(?<time>\\d{2}:\\d{2}:\\d{2})";

/** The three forms of a date in HTTP (RFC 9110, 5.6.7): the standard's, that of RFC 850, and that of C's asctime. */
const FORMS = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/** Two digits mean the year that is at most 50 years ahead. */
function fullYear(year: string, now: number): number {
  if (year.length === 4) return Number(year);
  const thisYear = new Date(now).getUTCFullYear();
  const sameCentury = thisYear - (thisYear % 100) + Number(year);
  return sameCentury > thisYear + 50 ? sameCentury - 100 : sameCentury;
}

/** Epoch ms of a date as HTTP writes it; undefined for every other text, and for a day or time that does not exist. */
export function httpDate(text: string, now: number): number | undefined {
  const groups = FORMS.map((form) => form.exec(text)?.groups).find((found) => found !== undefined);
  if (groups === undefined) return undefined;
  const { day = "", month = "", year = "", time = "" } = groups;
  const date = `${fullYear(year, now)}-${String(MONTHS.indexOf(month) + 1).padStart(2, "0")}-${day.trim().padStart(2, "0")}`;
  const ms = Date.parse(`${date}T${time}Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date) ? ms : undefined;
}

/**
 * How long a service asks to be left alone, in ms: seconds in digits or a date of HTTP, nothing else.
 * @param header of `Retry-After` @param now epoch ms
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, Number.MAX_SAFE_INTEGER);
  const at = httpDate(text, now);
  return at === undefined ? undefined : Math.max(at - now, 0);
}
