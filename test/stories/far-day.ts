const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** As cron has it: a day of the week of which no time comes while a story runs. */
export const FAR_DAY = (new Date().getUTCDay() + 3) % DAYS.length;
/** As people say it. */
export const FAR_DAY_NAME = DAYS[FAR_DAY] ?? "";
