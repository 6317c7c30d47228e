const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A number of bytes as people read it, with three digits or so: `512 bytes`, `1.5 KiB`, `2.0 GiB`, `340 MiB`. */
export function formatBytes(bytes: number): string {
  let unit = 0
  let size = Math.max(0, bytes)
  while (unit < units.length - 1 && Math.round(size) >= 1000) {
    size /= 1024
    unit++
  }
  return `${unit === 0 || Math.round(size * 10) >= 1000 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`
}
