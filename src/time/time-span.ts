/** A span of time as people read it, from milliseconds: `4s`, `14m`, `14m02s`, `2h05m`, `3d4h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)]
  const two = (number: number) => String(number).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${two(seconds % 60)}s`
  if (hours < 48) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${two(minutes % 60)}m`
  return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`
}

/** A text without the spans of time in it that `formatDuration` wrote and that grow with every look. */
export function stripDurations(text: string): string {
  return text.replace(/ (?:\d+[dhms])+(?:, (?:\d+[dhms])+ in all)?(?=;|$)/g, '')
}

/** An age from milliseconds, in one unit and at most four characters: `90s`, `14m`, `47h`, `400d`, `12y`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)]
  if (minutes < 2) return `${seconds}s`
  if (hours < 2) return `${minutes}m`
  if (days < 2) return `${hours}h`
  return days < 1000 ? `${days}d` : `${Math.floor(days / 365)}y`
}
