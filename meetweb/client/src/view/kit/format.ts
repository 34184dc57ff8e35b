/** Times and days in the reader's language. */
import type { Language } from "../../i18n";

/** `7:05`, `1:02:03`; never negative. */
export function duration(milliseconds: number): string {
  const all = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor((all % 3600) / 60);
  const seconds = String(all % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** Time of day, hours and minutes. */
export function clock(at: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(at);
}

/** The day's name within the last six days, a date without year before that; `null` for today. */
export function day(at: number, now: number, language: Language): string | null {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (at >= midnight) return null;
  const week = 6 * 24 * 3600 * 1000;
  const form: Intl.DateTimeFormatOptions = at >= midnight - week ? { weekday: "long" } : { day: "numeric", month: "long" };
  return new Intl.DateTimeFormat(language, form).format(at);
}
