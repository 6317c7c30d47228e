const seconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 }

/** Seconds that `90`, `90s`, `15m` or `2h` mean; nothing for any other text. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text)
  return match ? Number(match[1]) * seconds[match[2]!]! : undefined
}
