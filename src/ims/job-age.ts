/** Whether a text is an age as the service reads it right: `7d`, `12h`. It takes any other as "every job". */
export function isJobAge(text: string): boolean {
  return /^\d+[dh]$/.test(text)
}
