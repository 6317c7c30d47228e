import type { ByteCount } from '../s3/content.ts'

/** The size of several things together, in bytes. */
export function totalOf(all: readonly { readonly size: number }[]): number {
  return all.reduce((total, { size }) => total + size, 0)
}

/**
 * Transfers several things side by side. Where one fails the others go on to their end, so that they needn't be begun anew.
 *
 * @param onProgress is told how many bytes of all have gone or come.
 * @throws what failed first.
 */
export async function allDone<T, R>(
  all: readonly T[],
  onProgress: ByteCount,
  transfer: (one: T, onProgress: ByteCount) => Promise<R>,
): Promise<R[]> {
  const counts = all.map(() => 0)
  const failures: unknown[] = []
  const results = await Promise.all(
    all.map((one, at) =>
      transfer(one, (bytes) => {
        counts[at] = bytes
        onProgress(counts.reduce((total, count) => total + count, 0))
      }).catch((error: unknown) => void failures.push(error)),
    ),
  )
  if (failures.length > 0) throw failures[0]
  return results as R[]
}
