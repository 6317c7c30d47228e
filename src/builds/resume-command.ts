import { shellAvailability } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { buildOptions, customizeOptions, type BuildOptions, type CustomizeOptions } from '../definitions/image-builds.ts'
import { optionKey, type OptionDefinition, type Resume } from '../definitions/definition.ts'
import { optionText, optionWords } from '../definitions/option-words.ts'

/** What a build was told that may have to be said again: options of `build` and `customize`. */
export type Told = Readonly<Partial<BuildOptions> & Partial<CustomizeOptions>>

/** The command that resumes a job, in the same way. */
export function resumeCommand(job: Pick<Job, 'id' | 'job_type' | 'status' | 'enable_debug'>, told: Told): readonly string[] {
  const [verb, rows] = job.job_type === 'create' ? (['build', buildOptions] as const) : (['customize', customizeOptions] as const)
  const said: ReadonlySet<Resume> = new Set(shellAvailability(job) === 'never' ? ['always'] : ['always', 'shell'])
  return [verb, '--resume', job.id, ...saidAgain(rows, told, (resume) => said.has(resume), 'job')]
}

/** The command that goes on with a file of images. */
export function resumeFileCommand(path: string, told: Told): readonly string[] {
  return ['build', '--file', path, ...saidAgain(buildOptions, told, (resume) => resume !== 'once', 'file')]
}

/** What becomes of an option when a build is resumed. */
export function resumeOf({ resume }: OptionDefinition): Resume {
  return resume ?? 'order'
}

function saidAgain(
  rows: readonly OptionDefinition[],
  told: Readonly<Record<string, unknown>>,
  isSaid: (resume: Resume) => boolean,
  what: 'job' | 'file',
): string[] {
  return rows.flatMap((row) => {
    const text = optionText(told[optionKey(row)])
    if (text === undefined || text === row.default || !isSaid(resumeOf(row))) return []
    if (what === 'job' && row.resumeValues?.includes(text) === false) return []
    return optionWords(row, told[optionKey(row)])
  })
}
