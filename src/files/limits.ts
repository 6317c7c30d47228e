const KiB = 1024
const MiB = 1024 * KiB

/** What is read as a whole. */
export interface FileLimit {
  /** The largest that is read, in bytes. */
  readonly most: number
  /** What a message calls it. */
  readonly what: string
}

/** Kinds of files by what they hold, and how large each may be. Whatever is larger was named by mistake. */
export const limits = {
  token: { most: MiB, what: 'a token file' },
  configuration: { most: MiB, what: 'a configuration' },
  publicKey: { most: 64 * KiB, what: 'a public key' },
  privateKey: { most: 64 * KiB, what: 'a private key' },
  images: { most: 4 * MiB, what: 'a file of images' },
  imageExport: { most: 4 * MiB, what: 'the description of an exported image' },
  state: { most: 16 * MiB, what: 'the state of a file of images' },
  script: { most: 64 * MiB, what: 'a script' },
  knownHosts: { most: 4 * MiB, what: 'a file of host keys' },
  certificates: { most: 16 * MiB, what: 'a file of certificates' },
  ignoreRules: { most: MiB, what: 'a file of what is ignored' },
  completions: { most: 16 * MiB, what: 'the records that completion keeps' },
  keepList: { most: 64 * MiB, what: 'a list of what is kept' },
  records: { most: 256 * MiB, what: 'a file of records' },
} as const satisfies Readonly<Record<string, FileLimit>>

/** What a file holds. */
export type FileKind = keyof typeof limits

/** A size in the largest unit that it is a whole number of. */
export function sizeText(bytes: number): string {
  return bytes % MiB === 0 ? `${bytes / MiB} MiB` : `${bytes / KiB} KiB`
}
