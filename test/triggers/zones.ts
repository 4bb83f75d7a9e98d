/** Every IANA zone that the runtime knows. */
export const ALL_ZONES: readonly string[] = Intl.supportedValuesOf("timeZone");

/** Clocks that are changed at other hours, by other spans, or on other days than those of Europe and America. */
export const ODD_ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Asia/Beirut",
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/Santiago",
  "America/Havana",
  "Antarctica/Troll",
  "Pacific/Kiritimati",
  "Asia/Kathmandu",
] as const;

export const CRON_FORMS = [
  "* * * * *",
  "*/7 * * * *",
  "30 * * * *",
  "15 0-23 * * MON-FRI",
  "0 */2 * * *",
  "30 2 * * *",
  "0 0 * * *",
  "30 1,2,3 * * *",
  "*/20 0-3 * * *",
  "59 23 * * *",
  "0 9 * * MON-FRI",
  "0 9 L * *",
  "15 3 * * FRI#2",
  "45 2 * * SUN#L",
  "0 12 15W * *",
  "30 2 LW * *",
  "0 2 29 2 *",
  "5 4 1,15 * *",
  "30 0 * MAR,OCT SUN",
  "0 1 13 * FRI",
  "10 2 * 3-4,9-11 *",
  "0 0 1 JAN,JUL *",
] as const;
