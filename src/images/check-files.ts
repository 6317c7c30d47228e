import { CliError } from '../errors.ts'
import { readHead, streamFile, type StreamedFile } from '../files/stream-file.ts'
import type { Image } from '../ims/records.ts'
import { partSize } from '../s3/content.ts'
import { formatBytes } from '../text/bytes.ts'
import { throwProblems, type ArtifactFile } from './image-files.ts'

/** A file that can be uploaded. */
export type CheckedFile = ArtifactFile & StreamedFile

/** A file whose content is known. */
export type SummedFile = Omit<CheckedFile, 'md5' | 'partSums'> & {
  /** Its md5 sum, in hexadecimal. */
  readonly md5: string
  /** Those of the parts that it is uploaded in, in base64; undefined where it is uploaded as a whole. */
  readonly partSums?: readonly string[]
}

/**
 * Looks at all files of an image before anything is done with them.
 *
 * @param warn of what is odd.
 * @throws CliError that names all that can't be used.
 */
export function checkFiles(files: readonly ArtifactFile[], arch: Image['arch'], warn: (line: string) => void): CheckedFile[] {
  const problems: CliError[] = []
  const checked = files.flatMap((file): CheckedFile[] => {
    try {
      return [{ ...file, ...check(file, arch, warn) }]
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      problems.push(error)
      return []
    }
  })
  throwProblems(problems)
  return checked
}

function check({ name, path, exported }: ArtifactFile, arch: Image['arch'], warn: (line: string) => void): StreamedFile {
  const file = streamFile(path)
  if (file.size === 0) throw new CliError(`${path} is empty: it is not a ${name}`)
  if (exported && file.size !== exported.size)
    throw new CliError(`${path} is not what was exported: it has ${file.size} bytes, and had ${exported.size}`)
  const head = readHead(path, longestHead)
  if (name === 'rootfs' && !isSquashfs(head)) warn(`Warning: ${path} is not a squashfs: a node can't boot from it.`)
  const built = name === 'kernel' ? kernelArch(head) : undefined
  if (built !== undefined && built !== arch)
    throw new CliError(`${path} is a kernel for ${built}, and the image is for ${arch}`, { next: `--arch ${built}` })
  return file
}

/** What tells kinds of files apart is in so many bytes. */
const longestHead = 1024

function isSquashfs(head: Buffer): boolean {
  return head.toString('latin1', 0, 4) === 'hsqs'
}

/**
 * What a kernel's image is for; undefined of one that is compressed as a whole, or of another kind.
 * Source: the boot protocols of Linux, Documentation/arch/x86/boot.rst and arm64/booting.rst.
 */
export function kernelArch(head: Buffer): Image['arch'] | undefined {
  if (head.toString('latin1', 0x38, 0x3c) === 'ARMd') return 'aarch64'
  return head.toString('latin1', 0x202, 0x206) === 'HdrS' ? 'x86_64' : undefined
}

/** From so many bytes on, the sums of a file's parts are found out beside its own, and not while it is uploaded. */
const worthwhile = 64 * 1024 * 1024

/**
 * The md5 sums of an image's files.
 *
 * @param onProgress is told how many bytes of all files are read.
 * @throws CliError where one can't be read, or isn't what was exported.
 */
export async function sumFiles(files: readonly CheckedFile[], onProgress: (bytes: number) => void): Promise<SummedFile[]> {
  const summed: SummedFile[] = []
  let before = 0
  for (const { md5: sum, partSums: sumParts, ...file } of files) {
    const parts = file.size > worthwhile ? sumParts(partSize(file.size)) : undefined
    try {
      const md5 = await sum((bytes) => onProgress(before + bytes))
      before += file.size
      if (file.exported && md5 !== file.exported.md5)
        throw new CliError(`${file.path} is not what was exported: its md5 sum is ${md5}, and was ${file.exported.md5}`)
      summed.push({ ...file, md5, partSums: await parts?.sums })
    } finally {
      parts?.stop()
    }
  }
  return summed
}

/** What a file holds, in a line for people: `1.5 GiB, md5 …`. */
export function contentText({ size, md5 }: Pick<SummedFile, 'size' | 'md5'>): string {
  return `${formatBytes(size)}, md5 ${md5}`
}
